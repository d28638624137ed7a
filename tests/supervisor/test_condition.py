"""When a dependant may start."""

from dataclasses import replace

import pytest

from arena.supervisor.condition import judge, words
from arena.supervisor.instance import Instance

from .conftest import workload

DB = Instance(workload("db"), 1)
S, H, C = "service_started", "service_healthy", "service_completed_successfully"


@pytest.mark.parametrize(
    ("status", "health", "started", "healthy", "completed"),
    [
        ("pending", "none", "waiting", "waiting", "waiting"),
        ("running", "none", "met", "waiting", "waiting"),
        ("running", "starting", "met", "waiting", "waiting"),
        ("running", "healthy", "met", "met", "waiting"),
        ("running", "unhealthy", "met", "waiting", "waiting"),
        ("restarting", "unhealthy", "waiting", "waiting", "waiting"),
        ("completed", "none", "met", "met", "met"),
        ("failed", "none", "impossible", "impossible", "impossible"),
        ("stopped", "none", "impossible", "impossible", "impossible"),
        ("stopping", "none", "impossible", "impossible", "impossible"),
    ],
)
def test_each_condition_in_each_state(status, health, started, healthy, completed):
    instance = replace(DB, status=status, health=health)
    assert (judge(S, [instance]), judge(H, [instance]), judge(C, [instance])) == (started, healthy, completed)


def test_all_instances_count_and_none_is_met():
    good, slow, bad = replace(DB, status="running"), replace(DB, status="pending"), replace(DB, status="failed")
    assert judge(S, []) == "met"
    assert judge(S, [good, slow]) == "waiting"
    assert judge(S, [good, slow, bad]) == "impossible"


@pytest.mark.parametrize("condition", [S, H, C])
def test_there_are_words_for_it(condition):
    assert words(condition).startswith("to ")
