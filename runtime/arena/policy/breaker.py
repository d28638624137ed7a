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

from math import inf
from typing import Literal

from arena.model.traffic import BreakerRule

State = Literal["closed", "open", "half_open"]
_SLICES = 10


class Breaker:
    """The breaker of one endpoint. `now` is monotonic seconds. `closed`, `generation` and `statuses` (which replies are
    failures) are there to be read on the way of every request; while it is closed, `generation` is what `admit` returns.
    `requests`, `failed` and `slow` count, for ever, what it was told while closed; `opened` how often it opened."""

    __slots__ = (
        "_good", "_left", "_open_for", "_run", "_slow_after", "_until", "_window", "closed", "failed", "generation",
        "opened", "requests", "rule", "slow", "statuses",
    )  # fmt: skip

    def __init__(self, rule: BreakerRule) -> None:
        self.rule = rule
        self.statuses = frozenset(rule.statuses)
        self.closed = True
        self.generation = 1
        self.requests = self.failed = self.slow = 0
        self.opened = 0
        self._slow_after = inf if rule.slow_after is None else rule.slow_after
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
        slow = seconds > self._slow_after
        if not self.closed:
            self._end_trial(now, good=not slow)
            return
        self._run = 0
        if now >= self._window.ends:
            self._window.move(now, self)
        self.requests += 1
        if slow:
            self.slow += 1
            if self._window.share_of_slow(self) >= self.rule.slow_rate:
                self._open(now)

    def fail(self, generation: int, now: float) -> None:
        """No reply came, or one that counts as a failure, or a reply broke off."""
        if generation != self.generation:
            return
        if not self.closed:
            self._end_trial(now, good=False)
            return
        self._run += 1
        if now >= self._window.ends:
            self._window.move(now, self)
        self.requests += 1
        self.failed += 1
        if self._run >= self.rule.failures or self._window.share_of_failed(self) >= self.rule.error_rate:
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
    """What a breaker counted in the last `span` seconds, forgotten by tenths of it: the difference between its counts and
    what they were when the oldest tenth began. `ends` is when the newest tenth is full."""

    __slots__ = ("_marks", "_step", "ends")

    def __init__(self, span: float) -> None:
        self._step = span / _SLICES
        self._marks: list[tuple[int, int, int]] = []
        self.ends = 0.0

    def share_of_failed(self, breaker: Breaker) -> float:
        """0 while the window has seen fewer requests than the rule asks for."""
        requests, failed, _ = self._marks[0]
        seen = breaker.requests - requests
        return (breaker.failed - failed) / seen if seen >= breaker.rule.min_requests else 0.0

    def share_of_slow(self, breaker: Breaker) -> float:
        """0 while the window has seen fewer requests than the rule asks for."""
        requests, _, slow = self._marks[0]
        seen = breaker.requests - requests
        return (breaker.slow - slow) / seen if seen >= breaker.rule.min_requests else 0.0

    def move(self, now: float, breaker: Breaker) -> None:
        """Begin as many tenths as have passed."""
        passed = min(_SLICES, 1 + int((now - self.ends) / self._step)) if self.ends else _SLICES
        mark = breaker.requests, breaker.failed, breaker.slow
        self._marks = (self._marks + [mark] * passed)[-_SLICES:]
        self.ends = now + self._step
