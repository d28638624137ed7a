import asyncio
import json
from contextlib import aclosing

import pytest

from arena.model import codec
from arena.model.address import Address
from arena.model.snapshot import Endpoint, Snapshot
from arena.registry.watch import Broadcast


def view(version: int) -> Snapshot:
    return Snapshot(version, "e", (Endpoint("web", "web-1", Address("a", version + 1)),))


async def test_the_present_one_first_then_each_change() -> None:
    broadcast = Broadcast(view(0))
    async with aclosing(broadcast.lines()) as lines:
        first = await anext(lines)
        assert first.endswith(b"}\n")
        assert first.count(b"\n") == 1
        assert codec.decode(Snapshot, json.loads(first)) == view(0)
        assert broadcast.publish(view(1))
        assert json.loads(await anext(lines))["version"] == 1


async def test_a_slow_watcher_gets_the_latest_and_no_backlog() -> None:
    broadcast = Broadcast(view(0))
    async with aclosing(broadcast.lines(keep_alive=0.01)) as lines:
        await anext(lines)
        for version in range(1, 100):
            broadcast.publish(view(version))
        assert json.loads(await anext(lines))["version"] == 99
        assert await anext(lines) == b"\n"


async def test_the_same_snapshot_is_not_sent_twice() -> None:
    snapshot = view(0)
    broadcast = Broadcast(snapshot)
    async with aclosing(broadcast.lines(keep_alive=0.01)) as lines:
        await anext(lines)
        assert not broadcast.publish(snapshot)
        assert await anext(lines) == b"\n"


async def test_closing_ends_open_streams_and_later_ones() -> None:
    broadcast = Broadcast(view(0))
    lines = broadcast.lines()
    await anext(lines)
    waiting = asyncio.ensure_future(anext(lines))
    await asyncio.sleep(0)
    broadcast.close()
    with pytest.raises(StopAsyncIteration):
        await waiting
    assert [line async for line in broadcast.lines()] == []


async def test_watchers_are_counted_while_they_watch() -> None:
    broadcast = Broadcast(view(0))
    async with aclosing(broadcast.lines()) as one, aclosing(broadcast.lines()) as two:
        await anext(one)
        await anext(two)
        assert broadcast.watchers == 2
    assert broadcast.watchers == 0
    assert broadcast.line.startswith(b'{"version":0')
