from __future__ import annotations

from tests.arena_cli.conftest import Folder, Serve
from tests.arena_cli.fake import HEALTH, FakeOperator


async def test_unhealthy_is_exit_code_1(daemon: FakeOperator, folder: Folder) -> None:
    told = await folder.arena("health", code=1)
    assert "web-1      unhealthy" in told.out and "GET /health: refused" in told.out
    rows = (await folder.arena("health", "-o", "json", code=1)).json
    assert rows[1]["health"] == "unhealthy" and rows[1]["detail"] == "GET /health: refused"


async def test_all_healthy_is_exit_code_0(serve: Serve, folder: Folder) -> None:
    await serve(FakeOperator(health_now=HEALTH[:1]))
    assert "unhealthy" not in (await folder.arena("health")).out
