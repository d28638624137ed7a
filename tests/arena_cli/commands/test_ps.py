from __future__ import annotations

from tests.arena_cli.conftest import Inside, Serve
from tests.arena_cli.fake import ROWS, FakeOperator


def test_a_table_for_people(daemon: FakeOperator, inside: Inside) -> None:
    told = inside("ps")
    assert told.out.splitlines()[0].split() == [
        "INSTANCE", "STATUS", "ENDPOINT", "UPTIME", "CPU", "MEMORY", "RESTARTS", "PID",
    ]  # fmt: skip
    assert len(told.out.splitlines()) == 1 + len(ROWS) and told.err == ""
    assert daemon.calls == [("rows", False)]


def test_rows_for_programs(daemon: FakeOperator, inside: Inside) -> None:
    told = inside("ps", "-a", "-o", "json")
    assert list(told.json[0]) == [
        "service", "kind", "instance", "status", "health", "pid", "endpoint", "restarts", "uptime_s", "cpu_percent",
        "rss_bytes", "runtime",
    ]  # fmt: skip
    assert daemon.calls == [("rows", True)]


def test_names_alone(daemon: FakeOperator, inside: Inside) -> None:
    assert (inside("ps", "-q")).out.split() == [row.instance for row in ROWS]


def test_one_order_everywhere(serve: Serve, inside: Inside) -> None:
    serve(FakeOperator(rows_now=tuple(reversed(ROWS))))
    names = [row.instance for row in ROWS]
    assert inside("ps", "-q").out.split() == names
    assert [row["instance"] for row in inside("ps", "-o", "json").json] == names
    assert [line.split()[0] for line in inside("ps").out.splitlines()[1:]] == names


def test_nothing_running_is_an_empty_list_and_no_error(inside: Inside) -> None:
    told = inside("ps", "-o", "json")
    assert told.json == [] and "arena up" in told.err
    assert inside("ps").out == ""
    assert inside("ps", "-q").out == ""


def test_nothing_to_show_names_no_columns(serve: Serve, inside: Inside) -> None:
    serve(FakeOperator(rows_now=()))
    assert (inside("ps")).out == ""
