import logging

import pytest

from arena.sdk.health import Health, examine


@pytest.mark.parametrize(("status", "http"), [("healthy", 200), ("degraded", 200), ("unhealthy", 503)])
def test_only_unhealthy_loses_its_traffic(status: str, http: int) -> None:
    assert Health(status).http_status == http  # type: ignore[arg-type] # the parameter is one of the literals


async def test_no_check_is_healthy() -> None:
    assert await examine(None) == Health("healthy")


async def test_a_check_is_believed() -> None:
    async def check() -> Health:
        return Health("degraded", "slow disk")

    assert await examine(check) == Health("degraded", "slow disk")


async def test_a_check_that_raises_is_unhealthy_and_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async def check() -> Health:
        raise RuntimeError("secret detail")

    report = await examine(check)
    assert report.status == "unhealthy"
    assert "secret detail" not in report.detail
    assert caplog.records[0].levelno == logging.ERROR
    assert "secret detail" in caplog.text
