from __future__ import annotations

from dataclasses import replace

import pytest

from arena.model.service import Restart
from arena.model.workload import Workload

BASE = Workload("web", "service", ("run",), "/p", {"A": "1"})


@pytest.mark.parametrize(
    "change",
    [{"command": ("run", "-x")}, {"environment": {"A": "2"}}, {"directory": "/q"}, {"port": 1}, {"host": "::1"}],
)
def test_what_an_instance_was_started_from_changes_the_hash(change: dict[str, object]) -> None:
    assert replace(BASE, **change).spec_hash != BASE.spec_hash  # type: ignore[arg-type]


@pytest.mark.parametrize("change", [{"replicas": 3}, {"restart": Restart("no")}, {"stop_grace_period": 1.0}])
def test_what_a_running_instance_does_not_depend_on_leaves_it(change: dict[str, object]) -> None:
    assert replace(BASE, **change).spec_hash == BASE.spec_hash  # type: ignore[arg-type]


def test_instances_are_numbered_from_one() -> None:
    assert BASE.instance_name(1) == "web-1"
