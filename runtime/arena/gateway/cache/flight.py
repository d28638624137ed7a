"""Requests for the same, under way at once: the first goes, the others wait for what it brings (request coalescing).

Nobody waits for what cannot be theirs: as soon as the head of the reply says that it may not be kept, all go themselves, and
for a while nobody waits for such a request again. When the first one's client leaves, another of those who wait goes. Who comes
after something was changed or purged does not wait for what was asked for before.
"""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Literal

from arena.gateway.cache.key import Way
from arena.gateway.cache.shelf import Entry, Values

ALONE_SECONDS = 10.0
_KEEP_ALONE = 4096

Landing = Entry | Literal["alone", "left"]
"""What a flight brought: a kept reply, nothing that others may have, or nothing because its client left."""


Key = tuple[bytes, Way, bytes, Values, bool]
"""What a flight asks for: URI, way, credentials, the headers that may tell replies apart, and whether it wants nothing kept."""


class Flight:
    """One request that others wait for."""

    __slots__ = ("_flights", "_key", "_landing")

    def __init__(self, flights: Flights, key: Key) -> None:
        self._flights = flights
        self._key = key
        self._landing: asyncio.Future[Landing] = asyncio.get_running_loop().create_future()

    def land(self, landing: Landing, *, remember: bool = False) -> None:
        """Tell all who wait, once. `remember`: the reply is one of a kind that nobody need wait for."""
        if self._landing.done():
            return
        self._flights.end(self._key, self, alone=remember)
        self._landing.set_result(landing)

    async def wait(self, seconds: float) -> Landing:
        """What it brings; "alone" when that takes longer than so many seconds."""
        await asyncio.wait((self._landing,), timeout=max(0.0, seconds))
        return self._landing.result() if self._landing.done() else "alone"


class Flights:
    """Those under way, by what they ask for."""

    def __init__(self) -> None:
        self._flights: dict[Key, Flight] = {}
        self._alone: dict[int, float] = {}  # by a hash of the key, which clients may make long

    def find(self, key: Key) -> Flight | None:
        """The flight to wait for, if there is one."""
        return self._flights.get(key)

    def begin(self, key: Key) -> Flight | None:
        """A flight that others may wait for, None for a request that each makes alone."""
        until = self._alone.get(hash(key))
        if until is not None:
            if monotonic() < until:
                return None
            del self._alone[hash(key)]
        flight = self._flights[key] = Flight(self, key)
        return flight

    def part(self, uri: bytes | None = None) -> None:
        """Nobody else waits for those that are under way, to this URI or at all."""
        for key in [key for key in self._flights if uri is None or key[0] == uri]:
            del self._flights[key]

    def end(self, key: Key, flight: Flight, *, alone: bool) -> None:
        """The flight is over."""
        if self._flights.get(key) is flight:
            del self._flights[key]
        if alone:
            if len(self._alone) >= _KEEP_ALONE:
                self._alone.clear()
            self._alone[hash(key)] = monotonic() + ALONE_SECONDS
