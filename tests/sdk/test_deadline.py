"""sdk.deadline: how long the caller still waits, told to our code and to whoever it calls."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import httpx
import pytest

from arena import sdk
from arena.sdk import request
from arena.sdk.deadline import read
from arena.sdk.request import enter
from tests.sdk.test_outgoing import head, mirror

__all__ = ["mirror"]


@pytest.fixture(autouse=True)
def outside() -> Iterator[None]:
    """No request is being served before a test, and none is left behind."""
    request._current.set(None)
    yield
    request._current.set(None)


def serving(value: str) -> None:
    enter([(b"x-request-deadline", value.encode())])


@pytest.mark.parametrize("value", ["", "soon", "1763904123250", "-1", "1e9", "nan", " 1", "1\r\nx: y"])
async def test_what_is_no_deadline(value: str) -> None:
    assert read(value) is None
    serving(value)
    assert sdk.time_left() is None


async def test_outside_of_a_request() -> None:
    assert sdk.time_left() is None


async def test_how_much_is_left() -> None:
    serving(f"{time.time() + 30.0:.3f}")
    left = sdk.time_left()
    assert left is not None
    assert 20.0 < left <= 30.001
    serving(f"{time.time() - 1.0:.3f}")
    assert sdk.time_left() == 0.0


async def test_it_is_passed_on_as_it_came(mirror: str) -> None:
    at = f"{time.time() + 30.0:.3f}"
    serving(at)
    assert (await head(mirror))["x-request-deadline"] == at
    assert (await head(mirror, **{"x-request-deadline": "1"}))["x-request-deadline"] == "1"
    enter([])
    assert "x-request-deadline" not in await head(mirror)


async def test_after_it_nobody_is_asked(mirror: str) -> None:
    serving(f"{time.time() - 1.0:.3f}")
    with pytest.raises(httpx.TimeoutException, match="deadline"):
        await head(mirror)


async def test_nobody_is_waited_for_longer() -> None:
    gone: asyncio.Queue[None] = asyncio.Queue()

    async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        await writer.wait_closed()
        gone.put_nowait(None)

    server = await asyncio.start_server(silence, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    for options in ({}, {"timeout": None}):
        serving(f"{time.time() + 0.2:.3f}")
        began = time.monotonic()
        async with sdk.client(trust_env=False, **options) as http:
            with pytest.raises(httpx.TimeoutException):
                await http.get(url)
        assert time.monotonic() - began < 4.0
        await gone.get()
    server.close()
    await server.wait_closed()
