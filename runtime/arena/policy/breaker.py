"""A circuit breaker: who keeps failing is asked no more, until a few trials went well.

Theory. It is in one of three states, and each admission carries the number of the breaker's *generation*, which grows
whenever it opens or closes: a reply to what was asked before that says nothing about now and is not counted.

    state       admits                 success                       failure                      time
    ---------   --------------------   ---------------------------   --------------------------   -----------------------
    closed      everything             counted; run back to 0        counted; run + 1; open when  the window moves on
                                                                     run = n or a rate is passed
    open        nothing                not counted                   not counted                  half-open after `open_for`
    half-open   m trials at most,      one less to come; closed      open, twice as long          -
                one more for each      when all m went well
                that was forgotten

(n = `failures`, m = `trials`). A rate is looked at when a failure, or a slow success, is counted: over the last `window`
seconds, and only if they saw `min_requests`. A slow success passes the rate of slow calls, not that of errors; in the
half-open state it is a failure. From open to half-open is a step that the next admission takes: no timer is needed.

An admission ends in exactly one of `succeed`, `fail` and `forget`; `fail` may follow `succeed` when a reply that began
well broke off. Sources: Nygard, Release It! (2nd ed. 2018), "Circuit Breaker"; generations after sony/gobreaker; the
rates after resilience4j.
"""

from __future__ import annotations

from typing import Literal

from arena.model.traffic import BreakerRule

State = Literal["closed", "open", "half_open"]
_SLICES = 10


class Breaker:
    """The breaker of one endpoint. `now` is monotonic seconds. `closed` is there to be read on the way of every request;
    `opened` counts how often it opened."""

    __slots__ = ("_good", "_left", "_open_for", "_run", "_until", "_window", "closed", "generation", "opened", "rule")

    def __init__(self, rule: BreakerRule) -> None:
        self.rule = rule
        self.closed = True
        self.generation = 1
        self.opened = 0
        self._run = 0
        self._window = _Window(rule.window)
        self._open_for = 0.0  # seconds of the last opening; 0 since it was closed
        self._until = 0.0  # while open: when the trials begin
        self._left = 0  # while half-open: trials that may still begin
        self._good = 0  # while half-open: trials that went well

    def state(self, now: float) -> State:
        """As a caller at `now` would meet it."""
        if self.closed:
            return "closed"
        return "open" if self._until > now else "half_open"

    def admits(self, now: float) -> bool:
        """Whether a request may go; changes nothing."""
        return self.closed or (self._left > 0 and self._until <= now)

    def admit(self, now: float) -> int:
        """Let a request go, which `admits` has allowed. Returns the generation to tell the result with."""
        if not self.closed:
            if not self.admits(now):
                raise RuntimeError("this breaker admits nothing now")
            self._left -= 1
        return self.generation

    def wait(self, now: float) -> float:
        """Seconds until it may admit again; 0 when it does, or when trials are under way."""
        return 0.0 if self.closed else max(0.0, self._until - now)

    def succeed(self, generation: int, seconds: float, now: float) -> None:
        """A reply began, `seconds` after it was asked for."""
        if generation != self.generation:
            return
        slow_after = self.rule.slow_after
        slow = slow_after is not None and seconds > slow_after
        if not self.closed:
            self._end_trial(now, good=not slow)
            return
        self._run = 0
        self._window.count(now, failed=0, slow=int(slow))
        if slow and self._window.share_of_slow(self.rule.min_requests) >= self.rule.slow_rate:
            self._open(now)

    def fail(self, generation: int, now: float) -> None:
        """No reply came, or one that counts as a failure, or a reply broke off."""
        if generation != self.generation:
            return
        if not self.closed:
            self._end_trial(now, good=False)
            return
        self._run += 1
        self._window.count(now, failed=1, slow=0)
        rule = self.rule
        if self._run >= rule.failures or self._window.share_of_failed(rule.min_requests) >= rule.error_rate:
            self._open(now)

    def forget(self, generation: int) -> None:
        """Nothing can be said: the caller left first, or the request itself was at fault."""
        if generation == self.generation and not self.closed:
            self._left += 1

    def reset(self) -> None:
        """Closed, with nothing counted."""
        self._close()

    def _end_trial(self, now: float, *, good: bool) -> None:
        if not good:
            self._open(now)
            return
        self._good += 1
        if self._good >= self.rule.trials:
            self._close()

    def _open(self, now: float) -> None:
        rule = self.rule
        self._open_for = min(self._open_for * 2 or rule.open_for, max(rule.open_for, rule.max_open_for))
        self._until = now + self._open_for
        self._left, self._good = rule.trials, 0
        self.closed = False
        self.generation += 1
        self.opened += 1

    def _close(self) -> None:
        self._run = 0
        self._window = _Window(self.rule.window)
        self._open_for = 0.0
        self.closed = True
        self.generation += 1


class _Window:
    """What was counted in the last `span` seconds, forgotten by tenths of it."""

    __slots__ = ("_ends", "_failed", "_requests", "_slices", "_slow", "_step")

    def __init__(self, span: float) -> None:
        self._step = span / _SLICES
        self._ends = 0.0  # when the newest slice is full
        self._slices: list[tuple[int, int, int]] = []  # the sums below at the end of each earlier slice
        self._requests = self._failed = self._slow = 0

    def count(self, now: float, failed: int, slow: int) -> None:
        if now >= self._ends:
            self._move(now)
        self._requests += 1
        self._failed += failed
        self._slow += slow

    def share_of_failed(self, least: int) -> float:
        """0 while fewer than `least` requests were seen."""
        first = self._slices[0]
        requests = self._requests - first[0]
        return (self._failed - first[1]) / requests if requests >= least else 0.0

    def share_of_slow(self, least: int) -> float:
        """0 while fewer than `least` requests were seen."""
        first = self._slices[0]
        requests = self._requests - first[0]
        return (self._slow - first[2]) / requests if requests >= least else 0.0

    def _move(self, now: float) -> None:
        """Begin as many slices as have passed; the sums at the beginning of the oldest one left are what is not counted."""
        passed = min(_SLICES, 1 + int((now - self._ends) / self._step)) if self._ends else _SLICES
        self._slices = (self._slices + [(self._requests, self._failed, self._slow)] * passed)[-_SLICES:]
        self._ends = now + self._step
