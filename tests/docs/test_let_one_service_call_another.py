"""docs/how-to/let-one-service-call-another.md, tried."""

from __future__ import annotations

import json
import os
import signal

import httpx
import pytest

from arena.auth import signed, signing_key
from tests import plain
from tests.docs.conftest import HowTo, Try
from tests.e2e.conftest import Sandbox, poll


@pytest.fixture
def page(sandbox: Sandbox, how_to: Try) -> HowTo:
    page = how_to("let-one-service-call-another")
    for code in page.blocks("python"):
        service = sandbox.directory / code.splitlines()[0].removeprefix("# ").partition("/")[0]
        service.mkdir()
        (service / "main.py").write_text(code)
    for name in ("billing", "worker"):
        assert (sandbox.directory / name / "main.py").exists()
    sandbox.write("  {}")
    page.configure(0)
    return page


def identity(sandbox: Sandbox, service: str) -> dict[str, object]:
    return json.loads((sandbox.directory / ".arena" / "demo" / "identities" / f"{service}.json").read_text())  # type: ignore[no-any-return]


def direct(sandbox: Sandbox, token: str = "", **headers: str) -> httpx.Response:
    address = sandbox.rows()["billing-1"]["endpoint"]
    if token:
        headers["authorization"] = f"Bearer {token}"
    return plain.get(f"http://{address}/invoices", headers=headers)


def test_the_page(sandbox: Sandbox, page: HowTo) -> None:
    told = page.run(0)
    assert '{"total":42,"asked_as":"worker"}' in told
    assert '"caller":"ada"' in told
    refused = page.run(1)
    assert "billing answers the gateway and the services in its allow_from alone" in refused

    # What the service can be shown besides.
    tokens = identity(sandbox, "worker")["tokens"]
    assert isinstance(tokens, dict)
    assert direct(sandbox, tokens["billing"]).json()["caller"] == "worker"
    mine = signed.sign(signing_key.make(), signed.PRINCIPAL, "root", "billing", ttl=60, now=2e9)
    forged = direct(sandbox, **{"x-arena-principal": mine})
    assert (forged.status_code, forged.headers["content-type"]) == (401, "application/problem+json")
    assert "not known here" in forged.json()["detail"]
    with sandbox.client() as client:
        seen = client.get("/billing/invoices", headers={"X-Arena-Principal": mine, "x_arena_principal": mine})
        assert seen.json()["caller"] == "ana"

    # Nobody may any more: without a restart.
    before = sandbox.rows()["billing-1"]["pid"]
    override = sandbox.directory / "arena.override.yaml"
    override.write_text(override.read_text().replace("allow_from: [worker]", "allow_from: []"))
    sandbox.arena("up", "-d")
    assert sandbox.rows()["billing-1"]["pid"] == before
    refusal = poll(lambda: direct(sandbox, tokens["billing"]), lambda answer: answer.status_code == 403)
    assert refusal.json()["detail"] == "worker may not call billing: allow_from does not name it"

    # Without a daemon they go on; the next one renews.
    override.write_text(override.read_text().replace("allow_from: []", "allow_from: [worker]"))
    sandbox.arena("up", "-d")
    os.kill(sandbox.daemon_pid(), signal.SIGKILL)
    with sandbox.client() as client:
        assert poll(lambda: client.get("/worker/total"), lambda answer: answer.status_code == 200).json()["total"] == 42
    renewed = identity(sandbox, "worker")["renewed_at"]
    sandbox.arena("ps")
    assert poll(lambda: identity(sandbox, "worker")["renewed_at"], lambda at: at != renewed) != renewed
    assert sandbox.rows()["billing-1"]["pid"] == before

    # A leaked key is deleted.
    leaked = identity(sandbox, "worker")["tokens"]
    assert isinstance(leaked, dict)
    assert direct(sandbox, leaked["billing"]).status_code == 200
    (sandbox.directory / ".arena" / "demo" / "secrets" / "signing-keys.json").unlink()
    refusal = poll(lambda: direct(sandbox, leaked["billing"]), lambda answer: answer.status_code == 401, 30.0)
    assert "not known here" in refusal.json()["detail"]
    with sandbox.client() as client:
        for path in ("/worker/total", "/billing/invoices"):
            answer = poll(lambda path=path: client.get(path), lambda answer: answer.status_code == 200)
            assert answer.status_code == 200, answer.text
