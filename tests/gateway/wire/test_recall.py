"""gateway.wire.recall: only what comes again is kept, and never too much."""

from __future__ import annotations

from arena.gateway.wire.recall import Recall


def bring(recall: Recall[int], raw: bytes, value: int = 0) -> None:
    if raw not in recall.known and recall.is_due(raw):
        recall.keep(raw, value)


def test_the_second_time_is_kept() -> None:
    recall: Recall[int] = Recall(most=10, longest=100)
    bring(recall, b"a")
    assert recall.known == {}
    bring(recall, b"a", 7)
    assert recall.known == {b"a": 7}


def test_what_never_comes_again_is_not_kept() -> None:
    recall: Recall[int] = Recall(most=10, longest=100)
    for number in range(20_000):
        bring(recall, b"%d" % number)
    assert recall.known == {}


def test_memory_is_bounded() -> None:
    recall: Recall[int] = Recall(most=10, longest=3)
    for number in range(5000):
        bring(recall, b"%d" % number)
        bring(recall, b"%d" % number)
        assert len(recall.known) <= 10
    assert all(len(raw) <= 3 for raw in recall.known)
    bring(recall, b"x")
    bring(recall, b"x")
    assert b"x" in recall.known


def test_of_a_thousand_that_come_in_turn_nearly_all_are_kept() -> None:
    recall: Recall[int] = Recall(most=1024, longest=100)
    for _ in range(3):
        for number in range(1000):
            bring(recall, b"/bench%d/item" % number)
    assert len(recall.known) > 900
