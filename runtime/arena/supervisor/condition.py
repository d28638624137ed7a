"""Has a dependency reached what its dependant waits for? Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from arena.model.service import Condition
from arena.supervisor.instance import Instance

Verdict = Literal["met", "waiting", "impossible"]


def judge(condition: Condition, instances: Sequence[Instance]) -> Verdict:
    """The verdict over all instances of the dependency; nothing here (it runs elsewhere) says nothing against it."""
    verdicts = {_judge_one(condition, instance) for instance in instances}
    if "impossible" in verdicts:
        return "impossible"
    return "waiting" if "waiting" in verdicts else "met"


def words(condition: Condition) -> str:
    """What is waited for, for people: "db to be healthy" needs only the name before it."""
    return {
        "service_started": "to start",
        "service_healthy": "to be healthy",
        "service_completed_successfully": "to complete",
    }[condition]


def _judge_one(condition: Condition, instance: Instance) -> Verdict:
    if instance.status in ("failed", "stopped", "stopping"):
        return "impossible"
    if instance.status == "completed":
        return "met"
    if condition == "service_completed_successfully":
        return "waiting"
    if condition == "service_healthy":
        return "met" if instance.ready else "waiting"
    return "met" if instance.status == "running" else "waiting"
