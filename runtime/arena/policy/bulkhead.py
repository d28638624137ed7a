"""How many at once: a room with so many places, and a queue of bounded length before it.

Theory. Requests that wait inside a service hold its memory, threads and connections, and the slowest route takes them all: a
bulkhead gives each part of a ship its own air. A short queue takes up bursts; a long one only makes everybody late, because by
Little's law (L = λW) the wait is the length divided by the throughput. First come, first served.
Invariants: nobody waits while there is a place, and no more than `limit` are inside unless they were let in beyond it or the
limit was lowered since.
Sources: Nygard, Release It! (2nd edition, 2018), "Bulkheads"; Little, A Proof for the Queuing Formula L = λW (1961).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class Bulkhead(Generic[T]):
    """`in_flight` are inside. Whoever waits is known by a ticket of its own."""

    __slots__ = ("_waiting", "in_flight", "limit", "queue")

    def __init__(self, limit: int, queue: int = 0) -> None:
        self.limit = limit
        self.queue = queue
        self.in_flight = 0
        self._waiting: OrderedDict[T, None] = OrderedDict()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def enter(self) -> bool:
        """Take a place, if there is one."""
        if self.in_flight >= self.limit:
            return False
        self.in_flight += 1
        return True

    def enter_beyond(self) -> None:
        """Go in though there may be no place."""
        self.in_flight += 1

    def wait(self, ticket: T) -> bool:
        """Join the queue, if there is room in it."""
        if len(self._waiting) >= self.queue:
            return False
        self._waiting[ticket] = None
        return True

    def give_up(self, ticket: T) -> None:
        """Leave the queue; nothing happens to who is not in it."""
        self._waiting.pop(ticket, None)

    def leave(self) -> list[T]:
        """Give a place back; who goes in from the queue now."""
        self.in_flight -= 1
        return self._let_in()

    def resize(self, limit: int, queue: int) -> list[T]:
        """Have another number of places; who goes in from the queue now. Who waits beyond a shorter queue goes on waiting."""
        self.limit, self.queue = limit, queue
        return self._let_in()

    def _let_in(self) -> list[T]:
        admitted = []
        while self._waiting and self.in_flight < self.limit:
            ticket, _ = self._waiting.popitem(last=False)
            self.in_flight += 1
            admitted.append(ticket)
        return admitted
