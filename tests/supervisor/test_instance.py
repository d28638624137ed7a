"""The table of an instance's life."""

from dataclasses import replace
from typing import get_args

import pytest

from arena.model.instance import Status
from arena.supervisor.instance import TABLE, Instance, Signal, advance

from .conftest import workload

WEB = Instance(workload("web"), 2)
OURS = [status for status in get_args(Status) if status != "external"]


def test_every_state_can_be_reached_and_left():
    reached, frontier = set(), {"stopped"}
    while frontier:
        reached |= frontier
        frontier = {after for (before, _), after in TABLE.items() if before in reached} - reached
    assert reached == set(OURS)
    assert {before for before, _ in TABLE} == set(OURS)


@pytest.mark.parametrize("status", OURS)
@pytest.mark.parametrize("signal", get_args(Signal))
def test_what_is_not_in_the_table_cannot_happen(status, signal):
    instance = replace(WEB, status=status)
    if (status, signal) in TABLE:
        assert advance(instance, signal, detail="why").detail == "why"
    else:
        with pytest.raises(ValueError, match=f"web-2: '{signal}' cannot happen while {status}"):
            advance(instance, signal)


@pytest.mark.parametrize(
    ("status", "health", "ready"),
    [
        ("running", "none", False), ("running", "healthy", True), ("running", "starting", False),
        ("running", "unhealthy", False), ("completed", "none", True), ("restarting", "none", False), ("failed", "none", False),
    ],
)  # fmt: skip
def test_readiness(status, health, ready):
    assert replace(WEB, status=status, health=health).ready is ready


def test_without_a_probe_it_is_ready_when_it_has_settled():
    assert replace(WEB, status="running", ready_at=2.0).ready


def test_how_long_it_took():
    assert replace(WEB, started_at=1.0).seconds_to_ready is None
    assert replace(WEB, started_at=1.0, ready_at=3.5).seconds_to_ready == 2.5
    assert replace(WEB, started_at=3.0, ready_at=2.0).seconds_to_ready == 0.0, "the wall clock was set back"


def test_as_seen_by_the_reconciler():
    assert (WEB.seen().instance, WEB.seen().status) == ("web-2", "stopped")
