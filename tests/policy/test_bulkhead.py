from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from arena.policy.bulkhead import Bulkhead


def test_places_then_queue_then_nothing() -> None:
    room: Bulkhead[str] = Bulkhead(2, 1)
    assert [room.enter(), room.enter(), room.enter()] == [True, True, False]
    assert [room.wait("a"), room.wait("b")] == [True, False]
    assert (room.in_flight, room.waiting) == (2, 1)
    assert room.leave() == ["a"]
    assert (room.in_flight, room.waiting) == (2, 0)
    assert room.leave() == [] and room.in_flight == 1


def test_first_come_first_served_and_who_gave_up_is_passed_over() -> None:
    room: Bulkhead[str] = Bulkhead(1, 9)
    assert room.enter()
    assert all(room.wait(name) for name in "abcd")
    room.give_up("b")
    room.give_up("never there")
    assert [room.leave() for _ in range(4)] == [["a"], ["c"], ["d"], []]


def test_more_places_let_in_and_fewer_throw_nobody_out() -> None:
    room: Bulkhead[str] = Bulkhead(1, 5)
    assert room.enter()
    assert all(room.wait(name) for name in "abc")
    assert room.resize(3, 5) == ["a", "b"]
    assert room.resize(1, 0) == []
    assert (room.in_flight, room.waiting) == (3, 1)
    assert [room.leave() for _ in range(3)] == [[], [], ["c"]]


class Rooms(RuleBasedStateMachine):
    """Anybody may come, wait, give up and leave in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.room: Bulkhead[int] = Bulkhead(2, 3)
        self.inside = 0
        self.queue: list[int] = []
        self.number = 0
        self.beyond = 0

    @rule()
    def come(self) -> None:
        if self.room.enter():
            self.inside += 1
            return
        self.number += 1
        if self.room.wait(self.number):
            self.queue.append(self.number)

    @rule()
    def come_anyway(self) -> None:
        self.room.enter_beyond()
        self.inside += 1
        self.beyond = max(self.beyond, self.inside)

    @precondition(lambda self: self.inside)
    @rule()
    def leave(self) -> None:
        self.admitted(self.room.leave())
        self.inside -= 1

    @precondition(lambda self: self.queue)
    @rule(data=st.data())
    def give_up(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self.queue))
        self.room.give_up(one)
        self.queue.remove(one)

    @rule(limit=st.integers(1, 4), queue=st.integers(0, 4))
    def resize(self, limit: int, queue: int) -> None:
        self.beyond = max(self.beyond, self.inside)
        self.admitted(self.room.resize(limit, queue))

    def admitted(self, tickets: list[int]) -> None:
        assert tickets == self.queue[: len(tickets)]
        del self.queue[: len(tickets)]
        self.inside += len(tickets)

    @invariant()
    def the_counts_are_right(self) -> None:
        assert (self.room.in_flight, self.room.waiting) == (self.inside, len(self.queue))
        assert self.inside <= max(self.room.limit, self.beyond)

    @invariant()
    def nobody_waits_while_there_is_a_place(self) -> None:
        assert not self.queue or self.inside >= self.room.limit


TestRooms = Rooms.TestCase
TestRooms.settings = settings(max_examples=60, stateful_step_count=40)
