"""How requests are spread over a service's instances, and when one is left alone."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from arena.config.document.base import (
    SHARE,
    Duration,
    Flag,
    Positive,
    PositiveDuration,
    Section,
    Share,
    nested,
)
from arena.config.document.concurrency import ConcurrencyLimits
from arena.config.document.key import LimitKey
from arena.config.document.resilience import RetriesSection


def _hash_key(value: str) -> str:
    if value == "key":
        raise ValueError("should be principal, ip or header: with the name of one, not key")
    if value in ("role", "route", "service"):
        raise ValueError(
            f"should be principal, ip or header: with the name of one; {value} would send all to one instance"
        )
    return value


HashKey = Annotated[
    LimitKey,
    AfterValidator(_hash_key),
    WithJsonSchema(
        {"anyOf": [{"enum": ["principal", "ip"]}, {"type": "string", "pattern": r"^[Hh]eader:|\$"}]},
    ),
]
FailureStatus = Annotated[int, Field(ge=400, le=599), WithJsonSchema({"type": ["integer", "string"]})]


class BreakerSection(Section):
    """When an instance is asked no more, and how it comes back."""

    later: ClassVar = ("max_pending_requests", "max_requests", "max_retries")

    disable: Flag = Field(default=False, description="`true`: an instance that fails is asked like any other.")
    failures: Positive = Field(default=5, description="Failures in a row after which it opens.")
    error_rate: Share = Field(default=0.5, description="Share of failed requests from which on it opens.")
    slow_after: PositiveDuration | None = Field(
        default=None, description="A reply that takes longer to begin was slow. Default: none is."
    )
    slow_rate: Share = Field(default=0.8, description="Share of slow requests from which on it opens.")
    window: PositiveDuration = Field(default=10.0, description="What the shares are taken of.")
    min_requests: Positive = Field(default=20, description="Shares count only when the window saw as many requests.")
    open_for: PositiveDuration = Field(
        default=2.0, description="How long it stays open; twice as long each time the trials fail."
    )
    max_open_for: PositiveDuration = Field(
        default=30.0, description="The longest it stays open before new trials; never less than `open_for`."
    )
    trials: Positive = Field(
        default=3, description="Requests let through after that; it closes when all of them went well."
    )
    statuses: list[FailureStatus] = Field(
        default=[502, 503, 504],
        description="Replies that count as failures, besides no reply, a refused connection and a reply that breaks off.",
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> BreakerSection:
        if "max_open_for" in self.model_fields_set and self.max_open_for < self.open_for:
            raise ValueError("has a max_open_for that is shorter than its open_for")
        if self.slow_after is None and self.slow_rate != type(self).model_fields["slow_rate"].default:
            raise ValueError("has a slow_rate, which counts nothing without slow_after: say when a reply is slow")
        return self


class OutlierSection(Section):
    """When an instance that fails much more often than its peers is left alone for a while. What fails is what the circuit
    breaker takes for a failure."""

    later: ClassVar = (
        "consecutive_5xx", "consecutive_gateway_failure", "enforcing_success_rate", "failure_percentage_threshold",
    )  # fmt: skip

    interval: PositiveDuration = Field(default=10.0, description="How often instances are compared.")
    success_rate_factor: Annotated[float, Field(ge=0), WithJsonSchema({"type": ["number", "string"], "minimum": 0})] = (
        Field(
            default=1.9,
            description="How many standard deviations below the mean a rate of success must lie (and 5 points at least). One"
            " of n instances can be sqrt(n - 1) below: with 3 or 4 of them, use 1.2.",
        )
    )
    min_hosts: Positive = Field(default=5, description="Nobody is ejected when fewer instances had enough requests.")
    min_requests: Positive = Field(default=100, description="What an instance must have had within the interval.")
    base_ejection_time: PositiveDuration = Field(
        default=30.0, description="How long the first ejection lasts; the second twice as long, and so on."
    )
    max_ejection_time: PositiveDuration = Field(
        default=300.0, description="The longest that an ejection lasts; never less than the first."
    )
    max_ejected: Share = Field(
        default=0.1,
        description="Share of the instances that may be out at a time, for whatever reason, for one more to be ejected; at"
        " least one may be. Circuit breakers open all the same.",
    )

    @model_validator(mode="after")
    def _grows(self) -> OutlierSection:
        if "max_ejection_time" in self.model_fields_set and self.max_ejection_time < self.base_ejection_time:
            raise ValueError("has a max_ejection_time that is shorter than its base_ejection_time")
        return self


class TrafficSection(Section):
    """How requests are spread over the service's instances, and when one is left alone."""

    later: ClassVar = ("timeouts", "mirror", "split", "fallback", "hedge")

    balance: Literal["least_in_flight", "round_robin", "peak_ewma", "consistent_hash"] = Field(
        default="least_in_flight",
        description="Which instance gets a request: of two at random the one with fewer requests under way, or the one that"
        " is likely to answer first (peak_ewma); each in its turn; or the same one for the same `hash_by`.",
    )
    hash_by: HashKey | None = Field(
        default=None,
        description="For consistent_hash: the authenticated caller (or address, where there is none), the client address, or"
        " a request header (`header:X-Session`). Default: principal.",
    )
    slow_start: Duration = Field(
        default=0.0,
        description="How long a new instance, or one that comes back, takes to be given its whole share of the requests; it"
        " begins with a tenth. Default: none.",
    )
    panic_threshold: Annotated[float, Field(ge=0), *SHARE] = Field(
        default=0.0,
        description="When fewer than this share of the instances pass their health check (and are not ejected), the checks"
        " are ignored and all are asked. Open circuit breakers still count. Default: 0, never.",
    )
    concurrency: ConcurrencyLimits = Field(
        default=[],
        description="Limits on the service's requests under way at once, whatever route they come by, replies from a cache"
        " aside, as `[{max_in_flight: 100}]`.",
    )
    max_connections: Positive | None = Field(
        default=None,
        description="Connections to each instance, divided among the gateway's `workers`, rounded up; every request under way"
        " has one. When all instances have as many, requests are refused with 503. Default: no limit.",
    )
    breaker: BreakerSection = nested("A circuit breaker for each instance.")
    outlier: OutlierSection | None = Field(
        default=None, description="Ejection by comparison; `{}` for all defaults, none without it."
    )
    retries: RetriesSection = nested("Further attempts, for requests that an instance failed to answer.")

    @model_validator(mode="after")
    def _hashes_for_a_reason(self) -> TrafficSection:
        if self.hash_by is not None and self.balance != "consistent_hash":
            raise ValueError(f"has hash_by, which {self.balance} does not look at: add balance: consistent_hash")
        return self
