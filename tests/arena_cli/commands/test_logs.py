from __future__ import annotations

import asyncio
import json
import time

from arena.model.logline import LogQuery
from tests.arena_cli.conftest import Folder, Inside
from tests.arena_cli.fake import LINES, FakeOperator


def asked(daemon: FakeOperator) -> LogQuery:
    (query,) = [what for name, what in daemon.calls if name == "logs"]
    assert isinstance(query, LogQuery)
    return query


def test_lines_for_people(daemon: FakeOperator, inside: Inside) -> None:
    told = inside("logs")
    shown = told.out.splitlines()
    assert shown[0].startswith("gateway-1    | ") and shown[0].endswith("INFO  answered status=200")
    assert shown[1] == "web-1        | plain words"
    assert asked(daemon) == LogQuery()


def test_every_option_reaches_the_daemon(daemon: FakeOperator, inside: Inside) -> None:
    before = time.time()
    words = ("web", "fixed", "-n", "5", "--since", "10m", "--until", "2026-01-31T14:05:00Z", "--trace", "abc")
    inside("logs", *words)
    query = asked(daemon)
    assert (query.services, query.tail, query.trace, query.follow) == (("web", "fixed"), 5, "abc", False)
    assert query.since is not None and 0 <= query.since - (before - 600) < 30
    assert query.until == 1769868300.0


def test_timestamps_and_no_prefix(daemon: FakeOperator, inside: Inside) -> None:
    told = inside("logs", "-t", "--no-log-prefix")
    assert told.out.splitlines()[1] == "2023-11-14T22:13:21.000+00:00 plain words"


def test_json_is_one_array(daemon: FakeOperator, inside: Inside) -> None:
    rows = (inside("logs", "-o", "json")).json
    assert [row["text"] for row in rows] == [line.text for line in LINES]
    daemon.lines = ()
    assert (inside("logs", "-o", "json")).json == []


async def test_json_that_follows_is_one_object_a_line_as_it_comes(daemon: FakeOperator, folder: Folder) -> None:
    process = await folder.start("logs", "-f", "-o", "json")
    assert process.stdout is not None
    for line in LINES:
        assert json.loads(await asyncio.wait_for(process.stdout.readline(), 10))["text"] == line.text
    process.terminate()
    await process.communicate()
    assert process.returncode == 143


def test_following_ends_when_the_daemon_does(daemon: FakeOperator, inside: Inside) -> None:
    daemon.hold = False
    assert len((inside("logs", "-f")).out.splitlines()) == len(LINES)


def test_a_trace_that_nothing_carries_is_said(daemon: FakeOperator, inside: Inside) -> None:
    assert inside("logs", "--trace", "t1").err == ""
    daemon.lines = ()
    told = inside("logs", "--trace", "zzz")
    assert told.out == "" and "no line carries the trace id or request id 'zzz'" in told.err
    told = inside("logs", "--trace", "zzz", "-o", "json")
    assert told.json == [] and "'zzz'" in told.err
    assert inside("logs").err == ""


def test_fields_of_json_lines_for_programs(daemon: FakeOperator, inside: Inside) -> None:
    assert [row["fields"] for row in inside("logs", "-o", "json").json] == [{"status": 200}, {}]
