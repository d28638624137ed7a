import asyncio
from collections.abc import AsyncIterator

import pytest

from arena import sdk
from arena.sdk.request import enter

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
async def mirror() -> AsyncIterator[str]:
    """A server that sends a request's head back as the body."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % len(head) + head)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    server.close()
    await server.wait_closed()


async def head(url: str, **headers: str) -> dict[str, str]:
    async with sdk.client(trust_env=False) as http:
        lines = (await http.get(url, headers=headers)).text.splitlines()[1:]
    return dict(line.split(": ", 1) for line in lines if line)


async def test_outside_of_a_request_nothing_is_added(mirror: str) -> None:
    assert not {"traceparent", "tracestate", "x-request-id"} & set(await head(mirror))


async def test_the_request_is_carried_on(mirror: str) -> None:
    incoming = [(b"traceparent", PARENT.encode()), (b"tracestate", b"v=1"), (b"x-request-id", b"r1")]
    context = enter([*incoming, (b"authorization", b"Bearer s"), (b"cookie", b"c=1")])
    sent, again = await head(mirror), await head(mirror)
    version, trace_id, span, flags = sent["traceparent"].split("-")
    assert (version, trace_id, flags) == ("00", "0af7651916cd43dd8448eb211c80319c", "01")
    assert len({span, "b7ad6b7169203331", context.trace.span_id, again["traceparent"].split("-")[2]}) == 4
    assert (sent["tracestate"], sent["x-request-id"]) == ("v=1", "r1")
    assert not {"authorization", "cookie"} & set(sent)


async def test_so_is_the_deadline_of_whoever_waits(mirror: str) -> None:
    enter([(b"x-request-deadline", b"4102444800.250")])
    assert (await head(mirror))["x-request-deadline"] == "4102444800.250"
    assert (await head(mirror, **{"x-request-deadline": "5"}))["x-request-deadline"] == "5"
    for odd in (b"soon", b"", b"-1", b"1e9", b"9" * 13, b"1\r\nx: y"):
        enter([(b"x-request-deadline", odd)])
        assert "x-request-deadline" not in await head(mirror)


async def test_what_the_caller_set_stays(mirror: str) -> None:
    enter([(b"tracestate", b"v=1"), (b"traceparent", PARENT.encode())])
    mine = "00-11111111111111111111111111111111-2222222222222222-00"
    sent = await head(mirror, traceparent=mine, **{"x-request-id": "mine"})
    assert (sent["traceparent"], sent["x-request-id"]) == (mine, "mine")
    assert "tracestate" not in sent


async def test_hooks_of_the_callers_own_are_kept(mirror: str) -> None:
    seen: list[str] = []

    async def note(request: object) -> None:
        seen.append("called")

    enter([(b"x-request-id", b"r2")])
    async with sdk.client(trust_env=False, event_hooks={"request": [note]}) as http:
        assert "x-request-id: r2" in (await http.get(mirror)).text
    assert seen == ["called"]
