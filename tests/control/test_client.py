from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from arena.control.client import Client, connect
from arena.control.messages import UpRequest
from arena.control.socket import socket_path
from arena.errors import ArenaError, NothingRunning, WaitTimeout
from arena.model.breaker import BreakerPlace
from arena.model.cache import Purge, PurgeRow
from arena.model.event import Event
from arena.model.layout import StateLayout
from arena.model.logline import LogQuery
from arena.model.project import Project
from arena.model.service import Service


async def test_a_project_arrives_as_it_was_sent(client: Client, operator) -> None:
    request = UpRequest(Project("demo", "/p", services=(Service("web", ("run",), environment={"A": "é\n"}),)))
    seen: list[Event] = []
    report = await client.up(request, seen.append)
    assert operator.asked == [request]
    assert [event.name for event in seen] == ["started", "healthy"]
    assert str(report.plan) == "start web-1 (not running)"


async def test_errors_cross_unchanged(client: Client) -> None:
    with pytest.raises(WaitTimeout) as caught:
        await client.wait("web", "healthy", 1.0, print)
    assert (caught.value.message, caught.value.hint, caught.value.detail) == (
        "web-1 is not healthy",
        "look at its log",
        "line",
    )


async def test_a_bug_in_the_daemon_is_reported_and_the_daemon_lives(client: Client) -> None:
    with pytest.raises(ArenaError, match="RuntimeError: a bug"):
        await client.restart((), None, print)
    assert (await client.info()).project == "demo"


async def test_nothing_running(layout: StateLayout) -> None:
    with pytest.raises(NothingRunning):
        async with connect(layout):
            pytest.fail("connected to nothing")


async def test_a_socket_file_left_by_a_dead_daemon_means_nothing_running(layout: StateLayout) -> None:
    server = await asyncio.start_unix_server(lambda reader, writer: None, socket_path(layout))
    server.close()
    assert socket_path(layout).exists()
    with pytest.raises(NothingRunning):
        await Client(socket_path(layout)).info()


async def test_lines_of_any_length_stream(client: Client) -> None:
    lines = [line async for line in client.logs(LogQuery())]
    assert [len(line.text) for line in lines] == [5, 200_000]


async def test_calls_may_overlap(client: Client) -> None:
    rows = await asyncio.gather(*(client.rows(True) for _ in range(20)))
    assert all(row[0].instance == "web-1" for row in rows)


async def test_closing_a_followed_log_ends_it_in_the_daemon(client: Client, operator) -> None:
    async with aclosing(client.logs(LogQuery(follow=True))) as lines:
        await anext(lines)
    await asyncio.wait_for(operator.cancelled.wait(), 5)


async def test_the_daemon_ending_mid_call_is_an_error_not_a_result(layout: StateLayout) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.close()

    async with await asyncio.start_unix_server(hang_up, socket_path(layout)):
        with pytest.raises(ArenaError, match="ended before it answered"):
            await Client(socket_path(layout)).info()


async def test_breakers_are_told_tripped_and_reset(client: Client, operator) -> None:
    one, route = BreakerPlace("web", "web-2"), BreakerPlace(route="all")
    assert await client.breakers() == ()
    (row,) = await client.trip(one, 60.0)
    assert (row.place, row.state, row.tripped_until) == (one, "tripped", 60.0)
    (row,) = await client.trip(route, None)
    assert (row.place, row.tripped_until) == (route, None)
    assert await client.reset(one) == ()
    assert operator.asked == [(one, 60.0), (route, None), one]


async def test_a_purge_says_what_and_tells_how_many(client: Client, operator) -> None:
    what = Purge("shop", "/hats", below=True)
    assert await client.purge(what) == (PurgeRow("gateway-1", 2),)
    assert operator.asked == [what]
