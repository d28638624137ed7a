"""How long the slowest few take: quantiles of what was seen of late, in little memory.

Values fall into buckets whose bounds grow by a tenth, so that an answer is at most that much too high, whatever its size
(the idea of DDSketch: Masson, Rim and Lee, VLDB 2019). After every `_FADE` values all counts are halved: what is long ago
weighs little, and a change shows after a few thousand values.
"""

from __future__ import annotations

from math import ceil, log

_LEAST = 1e-4  # seconds; shorter ones count as this
_GROWTH = 1.1
_BUCKETS = 160  # up to six minutes
_FADE = 2000
_ENOUGH = 100
_REFRESH = 64  # values until an answer is worked out again
_LOG = log(_GROWTH)


class Quantile:
    """The value (in seconds) that the share `rank` (0 to 1) of the observed ones do not exceed."""

    __slots__ = ("_age", "_counts", "_known", "_seen", "rank")

    def __init__(self, rank: float) -> None:
        self.rank = rank
        self._counts = [0.0] * (_BUCKETS + 1)
        self._seen = 0
        self._age = 0
        self._known: float | None = None

    def observe(self, value: float) -> None:
        """Count a value."""
        self._counts[0 if value <= _LEAST else min(_BUCKETS, ceil(log(value / _LEAST) / _LOG))] += 1.0
        self._seen += 1
        self._age += 1
        if self._age >= _REFRESH:
            self._known = None
        if self._seen % _FADE == 0:
            self._counts = [count / 2.0 for count in self._counts]

    def value(self) -> float | None:
        """None until enough was seen to tell."""
        if self._seen < _ENOUGH:
            return None
        if self._known is None:
            self._known = self._find()
            self._age = 0
        return self._known

    def _find(self) -> float:
        wanted = self.rank * sum(self._counts)
        reached = 0.0
        for index, count in enumerate(self._counts):
            reached += count
            if reached >= wanted and count:
                return float(_LEAST * _GROWTH**index)
        return float(_LEAST * _GROWTH**_BUCKETS)
