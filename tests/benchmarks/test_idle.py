"""How many idle connections a machine allows."""

from __future__ import annotations

import resource

import pytest

from benchmarks.measures import idle


@pytest.mark.parametrize(
    ("hard", "count", "workers", "told"),
    [
        (resource.RLIM_INFINITY, 10_000, 1, "10,000 held"),
        (1 << 20, 10_000, 1, "10,000 held"),
        (20_000, 10_000, 2, "10,000 held by 2 workers, because a process may open 20,000 files (ulimit -Hn)"),
        (4_096, 3_996, 3, "3,996 held by 3 workers, because a process may open 4,096 files (ulimit -Hn)"),
    ],
)
def test_as_many_as_a_client_may_hold(
    monkeypatch: pytest.MonkeyPatch, hard: int, count: int, workers: int, told: str
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (64, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda *_: None)
    crowd = idle._allowed()
    assert (crowd.connections, crowd.workers, str(crowd)) == (count, workers, told)


def test_too_few_are_not_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (64, 1024))
    monkeypatch.setattr(resource, "setrlimit", lambda *_: None)
    with pytest.raises(OSError, match=r"the limit is 1024 \(ulimit -Hn\)"):
        idle._allowed()
