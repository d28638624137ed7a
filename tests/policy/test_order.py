"""policy.order: who is kept out, and what may be forgotten."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.model.breaker import BreakerOrder, BreakerPlace
from arena.policy.order import added, in_force


def order(text: str, at: float = 0.0, until: float | None = None) -> BreakerOrder:
    """ "trip web/web-1" as an order; "trip :web" is about the route of that name."""
    verb, word = text.split()
    return BreakerOrder(verb, place(word), at, until)  # type: ignore[arg-type]  # a literal


def place(word: str) -> BreakerPlace:
    service, _, instance = word.partition("/")
    return BreakerPlace(route=word[1:]) if word.startswith(":") else BreakerPlace(service, instance)


@pytest.mark.parametrize(
    ("orders", "out"),
    [
        ("", ""),
        ("trip web/web-1", "web-1"),
        ("trip web", "web-1 web-2"),
        ("trip other", ""),
        ("trip web/web-1, reset web/web-1", ""),
        ("trip web, reset web/web-2", "web-1"),
        ("trip web/web-1, reset web", ""),
        ("trip :web", ""),
        ("trip web, reset :web", "web-1 web-2"),
        ("reset web, trip web/web-2", "web-2"),
        ("trip web, reset web/web-2, trip web", "web-1 web-2"),
    ],
)
def test_the_newest_that_covers_an_endpoint_decides(orders: str, out: str) -> None:
    kept: list[BreakerOrder] = []
    for number, text in enumerate(filter(None, orders.split(", "))):
        kept = added(kept, order(text, float(number)), float(number))
    assert [name for name in ("web-1", "web-2") if in_force(kept, BreakerPlace("web", name), 9.0)] == out.split()


def test_a_trip_ends_by_itself() -> None:
    orders = [order("trip web", until=10.0), order("trip web/web-2", until=5.0)]
    assert in_force(orders, BreakerPlace("web", "web-1"), 9.9) is orders[0]
    assert in_force(orders, BreakerPlace("web", "web-1"), 10.0) is None
    assert in_force(orders, BreakerPlace("web", "web-2"), 4.0) is orders[1]
    assert in_force(orders, BreakerPlace("web", "web-2"), 7.0) is orders[0], "what was ordered before counts again"
    assert in_force(added(orders, order("trip web", until=6.0), 1.0), BreakerPlace("web", "web-1"), 7.0) is None


TEXTS = st.sampled_from(
    [f"{verb} {word}" for verb in ("trip", "reset") for word in ("web", "web/web-1", "web/web-2", "b", ":web")]
)
STEPS = st.lists(st.tuples(TEXTS, st.floats(0, 100), st.one_of(st.none(), st.floats(1, 100))), max_size=12)


@given(STEPS)
def test_forgetting_changes_no_decision_and_keeps_the_list_short(steps: list[tuple[str, float, float | None]]) -> None:
    everything: list[BreakerOrder] = []
    kept: list[BreakerOrder] = []
    now = 0.0
    for text, pause, lasts in steps:
        now += pause
        until = None if lasts is None or text.startswith("reset") else now + lasts
        new = order(text, now, until)
        everything = [old for old in everything if not new.place.covers(old.place)] + [new]
        kept = added(kept, new, now)
        assert len(kept) <= 7, "one for each place"
        for word in ("web/web-1", "web/web-2", "web/new", ":web"):
            mine, all_of_them = (in_force(rows, place(word), now) for rows in (kept, everything))
            assert (mine is None) == (all_of_them is None), (word, kept, everything)
