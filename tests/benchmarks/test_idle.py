"""How many idle connections a machine allows."""

from __future__ import annotations

import resource

import pytest

from benchmarks.measures import idle


@pytest.mark.parametrize(
    ("hard", "count"), [(resource.RLIM_INFINITY, 10_000), (1 << 20, 10_000), (20_000, 9_900), (4_096, 1_948)]
)
def test_as_many_as_half_of_the_files(monkeypatch: pytest.MonkeyPatch, hard: int, count: int) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (64, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda *_: None)
    assert idle._allowed() == count


def test_too_few_are_not_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (64, 1024))
    monkeypatch.setattr(resource, "setrlimit", lambda *_: None)
    with pytest.raises(OSError, match=r"the limit is 1024 \(ulimit -Hn\)"):
        idle._allowed()
