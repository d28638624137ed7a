import asyncio
import subprocess
import sys
from contextlib import aclosing

import pytest

from arena import tasks
from arena.model.snapshot import Snapshot
from arena.registry.follow import WatchBroken, follow, watch

EMPTY = b'{"version":0,"epoch":"e","endpoints":[]}\n'


def http(body: bytes, status: str = "200 OK", length: int | None = None) -> bytes:
    return f"HTTP/1.1 {status}\r\ncontent-length: {len(body) if length is None else length}\r\n\r\n".encode() + body


async def test_changes_come_as_they_happen(shared) -> None:
    async with shared.client("seen") as client, aclosing(watch(shared.url)) as snapshots, asyncio.timeout(10):
        first = await anext(snapshots)
        await client.register({"service_name": "seen", "url": "http://127.0.0.1:2", "instance_id": "seen-1"})
        second = await anext(snapshots)
        assert (second.epoch, second.version) == (first.epoch, first.version + 1)
        assert "seen-1" in [endpoint.instance for endpoint in second.endpoints]
        await client.deregister("seen", "seen-1")
        assert "seen-1" not in [endpoint.instance for endpoint in (await anext(snapshots)).endpoints]


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (b"", "closed the stream"),
        (b"SSH-2.0-x\r\n", "not HTTP"),
        (http(b"no", "404 Not Found"), "answered 404"),
        (http(b"junk\n", length=99), "no Snapshot"),
        (http(b"[]\n", length=99), "no Snapshot"),
        (http(b"{}\n", length=99), "no epoch"),
        (http(b'{"version":"x"}\n', length=99), "no Snapshot"),
        (http(b"[" * 9999 + b"\n", length=99999), "no Snapshot"),
        (http(b""), "ended the stream"),
        (http(b"{", length=99), "closed the stream"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_what_is_no_stream_of_snapshots_is_said(reply: bytes, reason: str) -> None:
    server = await _serve_once(reply)
    async with server:
        with pytest.raises(WatchBroken, match=reason):
            async with aclosing(watch(_url(server))) as snapshots:
                await anext(snapshots)


async def test_a_snapshot_in_pieces_is_put_together() -> None:
    pieces = [http(EMPTY[:10], length=999), EMPTY[10:], b"\n\n", EMPTY]
    server = await _serve_once(*pieces)
    async with server, aclosing(watch(_url(server))) as snapshots:
        assert [await anext(snapshots), await anext(snapshots)] == [Snapshot(0, "e")] * 2


async def test_silence_is_noticed() -> None:
    server = await _serve_once(http(EMPTY, length=999), stay=True)
    async with server, aclosing(watch(_url(server), silence=0.1)) as snapshots:
        await anext(snapshots)
        with pytest.raises(WatchBroken, match="silent"):
            await anext(snapshots)


async def test_following_outlives_a_registry_that_is_killed(make_registry) -> None:
    registry = make_registry()
    seen: asyncio.Queue[Snapshot] = asyncio.Queue()
    states: asyncio.Queue[tuple[bool, str]] = asyncio.Queue()
    task = asyncio.create_task(follow(registry.url, seen.put_nowait, lambda *state: states.put_nowait(state)))
    async with asyncio.timeout(20):
        first = await seen.get()
        assert (await states.get())[0] is True
        await asyncio.to_thread(registry.stop, 9)
        connected, reason = await states.get()
        assert not connected
        assert reason
        await asyncio.to_thread(registry.start)
        assert (await states.get()) == (True, "")
        assert (await seen.get()).epoch != first.epoch
    assert states.empty()
    await tasks.cancel(task)


async def test_away_from_the_start_is_said_once() -> None:
    server = await _serve_once(b"")
    server.close()
    states: list[bool] = []
    task = asyncio.create_task(follow(_dead_url(server), lambda _: None, lambda up, _: states.append(up)))
    for _ in range(200):
        await asyncio.sleep(0.005)
        if states:
            break
    await asyncio.sleep(0.25)  # time for further attempts, of which nothing is to be said
    await tasks.cancel(task)
    assert states == [False]


def test_it_loads_neither_fastapi_nor_httpx() -> None:
    code = (
        "import sys, arena.registry.follow; sys.exit(bool({'httpx', 'fastapi', 'pydantic', 'jwt'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-I", "-c", code], check=False).returncode == 0


_ports: dict[int, int] = {}


async def _serve_once(*pieces: bytes, stay: bool = False) -> asyncio.Server:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)
            if stay:
                await reader.read()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the watcher left
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    _ports[id(server)] = server.sockets[0].getsockname()[1]
    return server


def _url(server: asyncio.Server) -> str:
    return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def _dead_url(server: asyncio.Server) -> str:
    return f"http://127.0.0.1:{_ports[id(server)]}"
