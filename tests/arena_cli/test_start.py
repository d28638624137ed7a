from __future__ import annotations

import pytest

from arena.errors import UsageError
from arena.model.address import Address
from arena.model.project import Project
from arena.model.service import Service
from arena_cli import start

PROJECT = Project(
    "demo",
    "/x",
    services=(
        Service("web", command=("x",)),
        Service("fixed", command=("x",), port=4000),
        Service("outside", urls=(Address("10.0.0.7", 9101),)),
    ),
)


def test_scaling_changes_replicas_alone() -> None:
    scaled = start.scaled(PROJECT, {"web": 3, "fixed": 0})
    assert [service.replicas for service in scaled.services] == [3, 0, 1]
    assert start.scaled(PROJECT, {}) == PROJECT


@pytest.mark.parametrize(
    ("counts", "words"),
    [({"wbe": 2}, "no service 'wbe'"), ({"fixed": 2}, "fixed port 4000"), ({"outside": 2}, "runs elsewhere")],
)
def test_what_cannot_be_scaled(counts: dict[str, int], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        start.scaled(PROJECT, counts)
    assert words in caught.value.message


def test_names() -> None:
    assert start.known(PROJECT, ["web", "fixed"]) == ("web", "fixed")
    with pytest.raises(UsageError) as caught:
        start.known(PROJECT, ["web", "outsde"])
    assert "did you mean 'outside'" in caught.value.hint
