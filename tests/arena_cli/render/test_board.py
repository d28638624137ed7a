from __future__ import annotations

import typing

import pytest

from arena.model.event import Event, EventName
from arena_cli.render.board import Board, change


def board(*events: tuple[float, EventName, str, str]) -> Board:
    made = Board()
    for at, name, instance, detail in events:
        made.apply(Event(at, name, instance.partition("-")[0], instance, detail))
    return made


def test_a_start_step_by_step() -> None:
    shown = board(
        (0.0, "planned", "db-1", "not running"),
        (0.0, "planned", "web-1", "not running"),
        (1.0, "started", "db-1", ""),
        (1.0, "waited", "web-1", "until db is healthy"),
        (3.5, "healthy", "db-1", ""),
    )
    assert shown.lines(4.0).plain.splitlines() == [
        " ✓ db-1   healthy      2.5 s",
        " ⠋ web-1  waiting      4.0 s   until db is healthy",
    ]


def test_what_is_waited_for_has_a_name_a_phase_and_a_time() -> None:
    shown = board((0.0, "started", "db-1", ""), (0.0, "healthy", "db-1", ""), (1.0, "started", "web-1", ""))
    assert shown.waiting(2.25) == "waiting for web-1 (starting, 1.2 s)"


def test_without_a_health_check_a_start_is_all_there_is_to_wait_for() -> None:
    made = Board(frozenset({"web"}))
    made.apply(Event(0.0, "planned", "web", "web-1"))
    assert "web-1" in made.waiting(0.5)
    made.apply(Event(1.0, "started", "web", "web-1", "pid 7"))
    assert made.waiting(2.0) == "" and " ✓ web-1  running" in made.lines(2.0).plain
    made.apply(Event(3.0, "exited", "web", "web-1", "exit code 1"))
    assert "web-1 (exited" in made.waiting(3.0)


def test_nothing_is_waited_for_when_all_is_settled() -> None:
    assert board((0.0, "started", "db-1", ""), (1.0, "healthy", "db-1", "")).waiting(9.0) == ""
    assert Board().waiting(0.0) == ""


def test_a_restart_counts_its_own_seconds() -> None:
    shown = board(
        (0.0, "started", "web-1", ""), (5.0, "exited", "web-1", "exit code 1"), (6.0, "restarted", "web-1", "")
    )
    assert shown.waiting(7.5) == "waiting for web-1 (starting, 1.5 s)"


@pytest.mark.parametrize("name", ["gave_up", "failed", "killed"])
def test_failures_are_marked(name: EventName) -> None:
    assert board((0.0, "started", "web-1", ""), (1.0, name, "web-1", "exit code 1")).lines(1.0).plain.startswith(" ✗")


def test_every_event_is_understood_or_ignored() -> None:
    for name in typing.get_args(EventName):
        board((0.0, name, "web-1", "detail")).lines(1.0)
    assert Board().apply(Event(0.0, "planned")) == []
    assert Board().apply(Event(0.0, "registered", "web", "web-1")) == []


def test_an_event_of_a_whole_service_is_about_its_instances_that_still_move() -> None:
    shown = board((0.0, "planned", "web-1", ""), (0.0, "started", "web-2", ""), (1.0, "healthy", "web-2", ""))
    changed = shown.apply(Event(2.0, "waited", "web", "", "for db to be healthy"))
    assert [part.name for part in changed] == ["web-1"]
    assert "web-1  waiting      2.0 s   for db to be healthy" in shown.lines(2.0).plain
    alone = Board()
    alone.apply(Event(0.0, "waited", "web", "", "for db"))
    assert "web" in alone.lines(0.0).plain


def test_what_went_well_needs_no_details() -> None:
    shown = board((0.0, "started", "web-1", "pid 7"), (1.0, "healthy", "web-1", "GET /health: 200"))
    assert "pid" not in shown.lines(1.0).plain and "GET" not in shown.lines(1.0).plain


def test_plain_lines_say_what_changed() -> None:
    made = Board()

    def told(at: float, name: EventName, detail: str = "") -> list[str]:
        return [change(part) for part in made.apply(Event(at, name, "web", "web-1", detail))]

    assert told(0.0, "started", "pid 7") == ["web-1 starting"]
    assert told(1.0, "exited", "exit code 1, again in 0.8 s") == ["web-1 exited: exit code 1, again in 0.8 s"]
    assert told(2.0, "restarted") == ["web-1 starting"]
    assert told(3.5, "healthy", "GET /health: 200") == ["web-1 healthy (1.50 s)"]
