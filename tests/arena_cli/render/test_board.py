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
    assert Board().apply(Event(0.0, "planned")) is None
    assert Board().apply(Event(0.0, "registered", "web", "web-1")) is None


def test_an_event_of_a_whole_workload_is_shown_under_its_name() -> None:
    made = Board()
    made.apply(Event(0.0, "waited", "web", "", "for db"))
    assert "web" in made.lines(0.0).plain


def test_plain_lines_say_what_changed() -> None:
    made = Board()
    started = made.apply(Event(0.0, "started", "web", "web-1"))
    assert started is not None and change(started) == "web-1 starting"
    exited = made.apply(Event(1.0, "exited", "web", "web-1", "exit code 1, again in 0.8 s"))
    assert exited is not None and change(exited) == "web-1 exited: exit code 1, again in 0.8 s"
    made.apply(Event(2.0, "restarted", "web", "web-1"))
    healthy = made.apply(Event(3.5, "healthy", "web", "web-1"))
    assert healthy is not None and change(healthy) == "web-1 healthy (1.50 s)"
