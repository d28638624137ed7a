"""Time that passes when a test says so."""

from __future__ import annotations

import asyncio
import heapq
import itertools

_TURNS = 50  # of the event loop: more than any chain of callbacks and awaits in what is tested


class ManualClock:
    """A `Clock` that stands still until `advance`.

        clock = ManualClock()
        task = asyncio.create_task(clock.sleep(5))
        await clock.advance(5)
        assert task.done()

    `now` begins at `epoch` (Unix seconds), `monotonic` at 0.
    """

    def __init__(self, epoch: float = 1_700_000_000.0) -> None:
        self._epoch = epoch
        self._seconds = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def now(self) -> float:
        return self._epoch + self._seconds

    def monotonic(self) -> float:
        return self._seconds

    async def sleep(self, seconds: float) -> None:
        """Return when `advance` has brought the time; a sleep of 0 or less only lets others run."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        waiter = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._seconds + seconds, next(self._order), waiter))
        await waiter

    async def advance(self, seconds: float) -> None:
        """Let `seconds` pass. Sleepers wake in the order they are due, each at its own time, and run until all is quiet."""
        end = self._seconds + seconds
        await settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            due, _, waiter = heapq.heappop(self._sleepers)
            self._seconds = max(self._seconds, due)
            if not waiter.done():
                waiter.set_result(None)
                await settle()
        self._seconds = end


async def settle() -> None:
    """Let every task that can run do so until each waits for something: time, another task, the outside world."""
    for _ in range(_TURNS):
        await asyncio.sleep(0)
