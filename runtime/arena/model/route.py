"""Routes and limits: which request goes to which service, and how often a caller may ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from arena.model.cache import CacheRule
from arena.model.concurrency import ConcurrencyLimit
from arena.model.cors import Cors
from arena.model.idempotency import IdempotencyRule
from arena.model.match import Condition
from arena.model.mirror import Mirror
from arena.model.resilience import Fallback, Fault, Hedge, Retries
from arena.model.split import Split
from arena.model.traffic import BreakerRule
from arena.model.transform import Transform

Algorithm = Literal["token_bucket", "fixed_window", "sliding_counter", "sliding_log"]


@dataclass(frozen=True, slots=True)
class RateLimit:
    """`rate` requests a second on average, counted per `by`: "principal", "key", "role", "ip", "route", "service" or
    "header:<name>", the name in lower case.

    A token bucket admits `burst` at once; every other algorithm admits `burst` in a window of `burst / rate` seconds.
    `enforce` False: what would have been refused is counted, and let pass. `on_store_error` says what happens to requests
    that cannot be counted because the state store, if there is one, is down. `unit` "tokens": counted are the tokens of a
    language model; a request that does not say how many its answer may have is taken to ask for `default_max_tokens`.
    """

    rate: float
    burst: int
    by: str = "principal"
    algorithm: Algorithm = "token_bucket"
    name: str = ""
    enforce: bool = True
    on_store_error: Literal["allow", "deny"] = "allow"
    unit: Literal["requests", "tokens"] = "requests"
    default_max_tokens: int = 1024

    @staticmethod
    def answer_tokens(quota: int) -> int:
        """What a request is taken to ask for that does not say, under a limit of so many tokens at once which does not say
        either: half of a small quota, so that such requests can pass at all."""
        return min(1024, max(1, quota // 2))

    @property
    def window(self) -> float:
        """Seconds in which a key's whole quota comes back."""
        return self.burst / self.rate

    @property
    def title(self) -> str:
        """What it is called in headers, metrics and logs: its name, or one made of what it says ("ip-200-per-1s")."""
        what = "-tokens" if self.unit == "tokens" else ""
        return self.name or f"{self.by.replace(':', '-')}-{self.burst}{what}-per-{self.window:g}s"


@dataclass(frozen=True, slots=True)
class Route:
    """Requests whose host, method and path match go to `service`.

    `path` is a prefix that ends at a segment border: `/a` matches `/a` and `/a/b`, never `/ab`. Empty `hosts` or `methods`
    mean any. `roles` lists the roles of which the caller needs at least one; empty means any authenticated caller.
    `permissions`: one of the caller's roles must also allow the request by a rule; a rule that denies it counts either way.
    `auth` is "required" or, for public routes, "none". `first_byte_timeout` is in seconds, None for the gateway's own.
    `max_body_bytes` None means the gateway's own limit. `transform` says what is changed on the way. `cors` None leaves
    CORS to the service. `upgrade` is the protocol that clients may switch to. All conditions of `match` must hold. `split`
    says who is asked in the place of `service`, which goes on to name the route in limits and permissions. `mirror`
    says who gets a copy.
    `retries` None: those of the service. `timeout` is how long all attempts together may take to begin a reply, in seconds.
    `fallback` answers in the service's place, `fault` says what goes wrong on purpose, `hedge`
    when a slow request is asked once more. `cache` says how replies are kept, `idempotency` what becomes of requests
    that come again. `breaker` None: requests are let through however many fail.
    """

    name: str
    service: str
    path: str
    hosts: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    strip_path: bool = False
    roles: tuple[str, ...] = ()
    auth: Literal["required", "none"] = "required"
    rate_limits: tuple[RateLimit, ...] = ()
    first_byte_timeout: float | None = None
    max_body_bytes: int | None = None
    transform: Transform = Transform()
    cors: Cors | None = None
    upgrade: Literal["", "websocket"] = ""
    permissions: bool = False
    retries: Retries | None = None
    timeout: float | None = None
    match: tuple[Condition, ...] = ()
    split: Split | None = None
    mirror: Mirror | None = None
    fallback: Fallback | None = None
    fault: Fault | None = None
    concurrency: tuple[ConcurrencyLimit, ...] = ()
    hedge: Hedge | None = None
    cache: CacheRule | None = None
    idempotency: IdempotencyRule | None = None
    breaker: BreakerRule | None = None

    @property
    def served_by(self) -> tuple[str, ...]:
        """The service that the route is for, and those of its versions."""
        return tuple(dict.fromkeys((self.service, *self.asked)))

    @property
    def asked(self) -> tuple[str, ...]:
        """The names of the services that requests of this route may reach."""
        return (self.service,) if self.split is None else tuple(part.service for part in self.split.parts)
