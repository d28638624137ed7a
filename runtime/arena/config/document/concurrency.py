"""How many requests may be under way at once."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field, model_validator

from arena.config.document.base import Count, Flag, Positive, PositiveDuration, Section, needs
from arena.config.document.key import LimitKey


class AdaptiveSection(Section):
    """A limit that follows how long the service takes: it grows while more requests do not make it slower, and shrinks when
    they queue up inside. For services whose requests take about the same time. Where demand never rests, it is halved for 50
    replies now and then, to see how long an answer takes without a queue."""

    later: ClassVar = ("algorithm", "tolerance")

    min: Positive = Field(default=4, description="The lowest limit, with which it begins.")
    max: Positive = Field(default=1000, description="The highest.")
    probe_interval: PositiveDuration = Field(
        default=30.0, description="How long demand may go on without a rest before the limit is halved for a moment."
    )

    @model_validator(mode="after")
    def _is_ordered(self) -> AdaptiveSection:
        if self.min > self.max:
            raise ValueError(f"has a min of {self.min} above its max of {self.max}")
        return self


class ConcurrencySection(Section):
    """A limit on requests under way at once (a bulkhead): of all together, or of each caller. Beyond it requests are refused:
    with 503 where all share the places, with 429 where the caller's own requests fill them. A WebSocket is under way until it
    closes.

    On a route or a service only what goes on to the service takes a place: kept replies, those of coalesced requests and those
    remembered by an idempotency key need none. A service's limits count every hedge, and with the route's every question behind
    a stale reply; without a place neither is sent.

    With several `workers`, the places that all share are divided among them, rounded up; a limit `by` caller is counted by each
    worker for itself, since one caller's connections are not spread evenly."""

    later: ClassVar = ("priority",)

    max_in_flight: Positive | None = Field(
        default=None, description="Requests under way at once. Either this or `adaptive` must be given."
    )
    adaptive: AdaptiveSection | None = Field(
        default=None, description="As many as the service can take, found by its latency: `{min: 4, max: 200}`."
    )
    by: LimitKey | None = Field(
        default=None,
        description="Count for each of these alone, as in `rate_limits`: principal, key, role, ip, route, service or"
        " header:X-Tenant. Default: all together.",
    )
    max_queue: Count = Field(
        default=0, description="Requests that wait for a place instead of being refused, in turn. Only without `by`."
    )
    queue_timeout: PositiveDuration | None = Field(
        default=None, description="How long a request waits in the queue before it is refused. Default: 1s."
    )
    enforce: Flag = Field(
        default=True, description="`false` refuses nothing and counts what would have been refused (shadow mode)."
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> ConcurrencySection:
        if self.max_in_flight is not None and self.adaptive is not None:
            raise ValueError("has both max_in_flight and adaptive; give the latter a max")
        if self.max_in_flight is None and self.adaptive is None:
            raise needs("max_in_flight or adaptive")
        if self.adaptive is not None and self.by is not None:
            raise ValueError("has both by and adaptive: the latency of a service tells nothing about one caller")
        if self.by is not None and self.max_queue:
            raise ValueError("has both by and max_queue: one caller's requests wait best with that caller")
        if self.queue_timeout is not None and not self.max_queue:
            raise ValueError("has a queue_timeout without a max_queue")
        if self.max_queue and not self.enforce:
            raise ValueError("has a max_queue that nobody would wait in: enforce is false")
        return self


def _distinct(limits: list[ConcurrencySection]) -> list[ConcurrencySection]:
    seen: set[str | None] = set()
    for limit in limits:
        if limit.by in seen:
            raise ValueError(f"has two limits {f'by {limit.by}' if limit.by else 'without by'}; keep the lower one")
        seen.add(limit.by)
    return limits


ConcurrencyLimits = Annotated[list[ConcurrencySection], AfterValidator(_distinct)]
