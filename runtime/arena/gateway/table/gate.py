"""A limit on requests under way, at work: who goes in, who waits, who is refused, and the place given back at the end.

A place is given back once, by the end of the exchange that took it, whatever that end is: a reply, a refusal further on, a
client that left (in the queue, too), a WebSocket that closed; sooner where a fallback takes over from the service.
Sources: RFC 9110 section 15.6.4 (503) and 10.2.3 (Retry-After), RFC 6585 section 4 (429).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from math import inf
from random import random
from time import monotonic
from typing import TYPE_CHECKING, Literal

from arena.gateway.exchange import End, Exchange, Outcome
from arena.gateway.filters.limit_key import key_of
from arena.gateway.refusal import Refusal
from arena.gateway.wire.reply import ReplyDraft
from arena.model.concurrency import ConcurrencyLimit
from arena.policy.bulkhead import Bulkhead
from arena.policy.concurrency import Gradient

if TYPE_CHECKING:
    from arena.gateway.table.route import Service, Verdict

Place = Literal["gateway", "route", "service"]
GiveBack = Callable[[], None]
_WHOM = {"principal": "this caller", "role": "callers with these roles", "ip": "this address", "route": "this route",
         "service": "this service"}  # fmt: skip
OVERLOADED = frozenset({429, 500, 502, 503, 504})
"""What a service says that has too much to do; such a reply comes fast, and tells nothing about its latency."""
_LATER = (b"retry-after: 1",)


class Gate:
    """One concurrency limit, at a `place` of this `name` ('' for the gateway's own). It survives swaps. Counters: `over` found
    no place, `queued` of these waited, `timeouts` of these in vain."""

    __slots__ = ("_counts", "_gradient", "_key_of", "_room", "limit", "name", "over", "place", "queued", "timeouts")

    def __init__(self, place: Place, name: str, limit: ConcurrencyLimit) -> None:
        """Raises ValueError for a `by` that does not exist."""
        self.place: Place = place
        self.name = name
        self.over = 0
        self.queued = 0
        self.timeouts = 0
        self._gradient = Gradient(limit.adaptive, random) if limit.adaptive is not None else None
        self._room: Bulkhead[_Ticket] = Bulkhead(self._places(limit), limit.max_queue)
        self._counts: dict[str, int] = {}
        self._key_of = key_of(limit.by) if limit.by else None
        self.limit = limit

    @property
    def in_flight(self) -> int:
        """Requests under way."""
        return sum(self._counts.values()) if self.limit.by else self._room.in_flight

    @property
    def waiting(self) -> int:
        """Requests in the queue."""
        return self._room.waiting

    @property
    def places(self) -> int:
        """How many may be under way now, for each key if it has one."""
        return self.limit.max_in_flight if self.limit.by else self._room.limit

    @property
    def baseline(self) -> float | None:
        """How long the service takes without a queue, in seconds; None where nobody asks, or knows yet."""
        return None if self._gradient is None or self._gradient.baseline == inf else self._gradient.baseline

    def follow(self, limit: ConcurrencyLimit) -> None:
        """Go on under another limit for the same `by`."""
        self.limit = limit
        if limit.adaptive is None:
            self._gradient = None
        elif self._gradient is None:
            self._gradient = Gradient(limit.adaptive, random)
        else:
            self._gradient.follow(limit.adaptive)
        self._admit(self._room.resize(self._places(limit), limit.max_queue))

    def check(self, x: Exchange) -> Verdict | Awaitable[Verdict]:
        """The filter."""
        if self.enter(x):
            return None
        if self.limit.max_queue:
            ticket = _Ticket(self)
            if self._room.wait(ticket):
                self.queued += 1
                ticket.begin(x, self.limit.queue_timeout)
                return ticket.wait()
        return self.refusal()

    def enter(self, x: Exchange) -> bool:
        """Let `x` in until its end, without waiting; False when it must not go in."""
        if self._key_of is not None:
            return self._enter_by(x, self._key_of(x))
        if not self._take():
            return False
        self.watch(x)
        self.stay(x, self._left)
        return True

    def stay(self, x: Exchange, end: End) -> None:
        """`x` is inside, until `end` is called."""
        x.at_end(end)
        if x.tries is not None:
            x.tries.inside.append((self, end))

    def lend(self, x: Exchange) -> GiveBack | None:
        """A place for one more attempt at `x`, which is inside already; None when there is none. To be given back by a call."""
        if self._key_of is not None:
            return self._count(self._key_of(x))
        return self.give_back if self._take() else None

    def refusal(self) -> Refusal:
        """What is told to those who find no place: 429 where the caller alone fills it, else 503."""
        limit = self.limit
        if limit.by:
            whom = _WHOM.get(limit.by, "this " + limit.by.partition(":")[2])
            detail = (
                f"{whom} may have {limit.max_in_flight} requests under way at once; wait until one of them has ended"
            )
            return Refusal(429, "too-many-in-flight", detail, headers=_LATER)
        what = f"the {self.place} {self.name}" if self.name else "the gateway"
        return Refusal(503, "too-many-in-flight", f"{what} has no room for another request; try again", headers=_LATER)

    def watch(self, x: Exchange) -> None:
        """Learn from how long the service takes for `x`, if the limit follows that."""
        if self._gradient is not None:
            x.observe(_Watch(self, x))

    def learn(self, x: Exchange, service: Service, seconds: float | None, outcome: Outcome, now: float) -> None:
        """`x`, which was for `service`, is over; its reply began after `seconds`, None for none that tells anything."""
        gradient = self._gradient
        asked = x.sent_at if x.service is service else x.tries is not None and x.tries.before
        if gradient is None or not asked or outcome == "left":
            return  # never asked, or its client's doing
        if outcome != "served" or x.rescued or x.status in OVERLOADED:
            gradient.fail(now)
        elif seconds is not None:
            gradient.observe(seconds, self._room.in_flight, now)
        if gradient.limit != self._room.limit:
            self._admit(self._room.resize(gradient.limit, self.limit.max_queue))

    def _places(self, limit: ConcurrencyLimit) -> int:
        return limit.max_in_flight if self._gradient is None else self._gradient.limit

    def give_back(self) -> None:
        """A place is free."""
        self._admit(self._room.leave())

    def give_up(self, ticket: _Ticket) -> None:
        """Nobody waits on this ticket any more."""
        self._room.give_up(ticket)

    def _take(self) -> bool:
        if not self._room.enter():
            self.over += 1
            if self.limit.enforce:
                return False
            self._room.enter_beyond()
        return True

    def _enter_by(self, x: Exchange, key: str) -> bool:
        give_back = self._count(key)
        if give_back is None:
            return False

        def left(_x: Exchange, _outcome: Outcome, _now: float) -> None:
            give_back()

        self.stay(x, left)
        return True

    def _count(self, key: str) -> GiveBack | None:
        counts = self._counts
        count = counts.get(key, 0)
        if count >= self.limit.max_in_flight:
            self.over += 1
            if self.limit.enforce:
                return None
        counts[key] = count + 1

        def give_back() -> None:
            if counts[key] == 1:
                del counts[key]
            else:
                counts[key] -= 1

        return give_back

    def _left(self, _x: Exchange, _outcome: Outcome, _now: float) -> None:
        self.give_back()

    def _admit(self, tickets: list[_Ticket]) -> None:
        for ticket in tickets:
            ticket.admit()


class _Watch:
    """Measures how long a service takes to begin its reply to one request, for the gate that it went through."""

    __slots__ = ("_gate", "_seconds", "_service")

    def __init__(self, gate: Gate, x: Exchange) -> None:
        self._gate = gate
        self._service = x.service
        self._seconds: float | None = None
        x.at_end(self.end)

    def began(self, x: Exchange, _head: ReplyDraft) -> None:
        """The reply begins."""
        if not x.streamed:  # how long a body took that was passed on in pieces is the client's doing
            self._seconds = monotonic() - x.sent_at

    def piece(self, x: Exchange, data: bytes) -> None:
        """How long the body takes is the client's doing as well."""

    def end(self, x: Exchange, outcome: Outcome, now: float) -> None:
        """It is over."""
        self._gate.learn(x, self._service, self._seconds, outcome, now)


class _Ticket:
    """A place in the queue: waiting, then admitted or gone."""

    __slots__ = ("_gate", "_settled", "_state", "_timer", "_x")

    _timer: asyncio.TimerHandle
    _x: Exchange

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._state: Literal["waiting", "admitted", "gone"] = "waiting"
        self._settled: asyncio.Future[Refusal | None] = asyncio.get_running_loop().create_future()

    def begin(self, x: Exchange, patience: float) -> None:
        """Wait for `patience` seconds, or until `x` is over."""
        self._x = x
        self._timer = asyncio.get_running_loop().call_later(patience, self._expire)
        self._gate.stay(x, self._end)

    async def wait(self) -> Verdict:
        """Until it is decided."""
        return await self._settled

    def admit(self) -> None:
        """There is a place now, and it is taken."""
        self._gate.watch(self._x)
        self._settle("admitted", None)

    def _expire(self) -> None:
        self._gate.timeouts += 1
        self._gate.give_up(self)
        self._settle("gone", self._gate.refusal())

    def _end(self, _x: Exchange, _outcome: Outcome, _now: float) -> None:
        if self._state == "admitted":
            self._gate.give_back()
        elif self._state == "waiting":
            self._gate.give_up(self)
            self._settle("gone", None)

    def _settle(self, state: Literal["admitted", "gone"], verdict: Refusal | None) -> None:
        self._state = state
        self._timer.cancel()
        self._settled.set_result(verdict)


def enter_all(gates: Sequence[Gate], x: Exchange) -> bool:
    """Let `x` in everywhere without waiting, or nowhere."""
    if all(gate.enter(x) for gate in gates):
        return True
    entered, x.ends = x.ends or (), None
    for end in entered:
        end(x, "refused", x.began)
    return False


def leave_all(gates: Sequence[Gate], x: Exchange) -> None:
    """Give the places of `x` back before its end: it has done with whom they stand before."""
    inside = [] if x.tries is None else x.tries.inside
    for gate, end in inside:
        if gate in gates and x.ends is not None and end in x.ends:
            x.ends.remove(end)
            end(x, "failed", x.began)


def lend_all(gates: Sequence[Gate], x: Exchange) -> tuple[GiveBack, ...] | None:
    """A place in each, for one more attempt at `x`; None, and nothing taken, when one has none."""
    lent: list[GiveBack] = []
    for gate in gates:
        give_back = gate.lend(x)
        if give_back is None:
            for each in lent:
                each()
            return None
        lent.append(give_back)
    return tuple(lent)
