"""Keeps asking one instance, and says what each answer comes to.

Pace. Asked every `interval` seconds, give or take a tenth, so that many monitors do not beat in step. While the instance is
starting within its start period, where failures cost nothing, it is asked after 0.05 s, then 1.5 times as long each time up to
0.2 s: whoever waits for the start learns of it at once.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable

from arena.clock import Clock, SystemClock
from arena.health.probe import ProbeResult
from arena.model.service import Probe
from arena.policy.threshold import Standing, State, Threshold

JITTER = 0.1  # of the interval, both ways
_FIRST_PAUSE = 0.05
_PAUSE_GROWTH = 1.5
_LONGEST_STARTING_PAUSE = 0.2

Ask = Callable[[], Awaitable[ProbeResult]]
Report = Callable[[State, ProbeResult], None]


class Monitor:
    """Asks through `ask`, judges by the probe's thresholds, and calls `report` with each answer and the state that it leaves
    the instance in. `state` is where to begin: "in" for an instance known to be well. The start period begins with `run`."""

    def __init__(
        self, probe: Probe, ask: Ask, report: Report, *, state: State = "starting", clock: Clock | None = None
    ) -> None:
        self._probe = probe
        self._ask = ask
        self._report = report
        self._threshold = Threshold(probe.retries, probe.successes)
        self._standing = Standing(state)
        self._clock = clock or SystemClock()

    @property
    def state(self) -> State:
        return self._standing.state

    async def run(self) -> None:
        """Ask for ever; cancel it to stop. The first question is asked at once."""
        began = self._clock.monotonic()
        pause = _FIRST_PAUSE
        while True:
            asked = self._clock.monotonic()
            self._judge(await self._ask(), start_period=asked - began < self._probe.start_period)
            if self.state == "starting" and self._clock.monotonic() - began < self._probe.start_period:
                await self._clock.sleep(min(pause, self._probe.interval))
                pause = min(pause * _PAUSE_GROWTH, _LONGEST_STARTING_PAUSE)
            else:
                await self._clock.sleep(self._probe.interval * random.uniform(1 - JITTER, 1 + JITTER))

    def _judge(self, result: ProbeResult, *, start_period: bool) -> None:
        self._standing = self._threshold.judge(self._standing, result.ok, start_period=start_period)
        self._report(self.state, result)
