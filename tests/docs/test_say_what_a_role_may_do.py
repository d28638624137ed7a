"""docs/how-to/say-what-a-role-may-do.md, tried: the page's file is the whole project."""

from __future__ import annotations

import pytest

from tests.docs.conftest import Try
from tests.e2e.conftest import Sandbox

ECHO = {"uvicorn main:app --port ${PORT}": "python echo_service.py"}


def test_the_page(sandbox: Sandbox, how_to: Try) -> None:
    page = how_to("say-what-a-role-may-do", ECHO)
    sandbox.write("")
    text = (sandbox.directory / "arena.yaml").read_text().removesuffix("services:\n\n")
    (sandbox.directory / "arena.yaml").write_text(text + page.blocks("yaml")[0])
    told = page.run(0, code=1)
    promised = [line[2:] for line in page.blocks("sh")[0].splitlines() if line.startswith("# ")]
    assert [*told.splitlines(), "1"] == promised
    sandbox.arena("up", "-d")
    with sandbox.client("--sub", "ana", "--role", "clerk") as client:
        assert client.post("/shop/orders").status_code == 200
        refused = client.get("/shop/orders/archive/7")
    assert refused.status_code == 403
    assert "denies shop:*:/orders/archive/**" in refused.json()["detail"]


@pytest.mark.parametrize(("words", "code"), [(("GET", "/shop/anything"), 0), (("PUT", "/shop/anything"), 1)])
def test_what_it_says_of_readers(sandbox: Sandbox, how_to: Try, words: tuple[str, str], code: int) -> None:
    page = how_to("say-what-a-role-may-do", ECHO)
    (sandbox.directory / "arena.yaml").write_text("name: demo\n" + page.blocks("yaml")[0])
    sandbox.arena("auth", "can", "--role", "reader", *words, code=code)
