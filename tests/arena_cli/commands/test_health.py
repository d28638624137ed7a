from __future__ import annotations

from tests.arena_cli.conftest import Inside, Serve
from tests.arena_cli.fake import HEALTH, FakeOperator


def test_unhealthy_is_exit_code_1(daemon: FakeOperator, inside: Inside) -> None:
    told = inside("health", code=1)
    assert "web-1      unhealthy" in told.out and "GET /health: refused" in told.out
    rows = (inside("health", "-o", "json", code=1)).json
    assert rows[1]["health"] == "unhealthy" and rows[1]["detail"] == "GET /health: refused"


def test_all_healthy_is_exit_code_0(serve: Serve, inside: Inside) -> None:
    serve(FakeOperator(health_now=HEALTH[:1]))
    assert "unhealthy" not in (inside("health")).out
