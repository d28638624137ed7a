"""Routes and rate limits."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from arena.config import quantity
from arena.config.document.base import (
    STRING,
    STRINGS,
    Flag,
    Name,
    Positive,
    PositiveDuration,
    RoutePath,
    Section,
    ShortForm,
    Size,
    Texts,
    listed,
    nested,
)
from arena.config.document.cache import CacheSection
from arena.config.document.concurrency import ConcurrencyLimits
from arena.config.document.cors import CorsSection
from arena.config.document.idempotency import IdempotencySection
from arena.config.document.key import LimitKey, SplitKey
from arena.config.document.match import MatchSection, PartSection
from arena.config.document.mirror import MirrorSection
from arena.config.document.resilience import FallbackSection, FaultSection, Hedge, RouteRetriesSection
from arena.config.document.traffic import BreakerSection
from arena.config.document.transform import RequestSection, ResponseSection, RewriteSection

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9])?)*")

MAX_LOG = 10_000


def _rate(value: Any) -> Any:
    return quantity.rate(value) if isinstance(value, str) else value


def _method(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


def _limit_name(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", value):
        raise ValueError(f"should be up to 64 letters, digits, dots, dashes and underscores, not {value!r:.60}")
    return value


def _host(value: Any) -> Any:
    if isinstance(value, str) and not _HOST.fullmatch(value.lower().removeprefix("*.")):
        hint = "a * stands for the first labels alone" if "*" in value else "name no scheme and no port"
        if value == "*":
            hint = "leave hosts out for every name"
        raise ValueError(f"should be a host name such as api.example.org or *.example.org, not {value!r:.60}; {hint}")
    return value.lower() if isinstance(value, str) else value


Rate = Annotated[
    tuple[float, int],
    BeforeValidator(_rate),
    WithJsonSchema({"title": "rate", "type": "string", "examples": ["200/s", "60/min", "1000/h"]}),
]
Method = Annotated[
    Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"], BeforeValidator(_method)
]
Hosts = Annotated[
    list[Annotated[str, BeforeValidator(_host)]],
    BeforeValidator(listed),
    WithJsonSchema(STRINGS),
    ShortForm(STRING),
]


LimitName = Annotated[str, BeforeValidator(_limit_name), WithJsonSchema({**STRING, "minLength": 1, "maxLength": 64})]


class RateLimitSection(Section):
    """A limit on how often a caller may ask. It tells 100,000 callers apart, or as many as find room in 40 % of the store;
    those who come on top share 1,024 counts, and may get less than promised."""

    later: ClassVar = ("window", "store", "on_exceed", "tokens")

    name: LimitName | None = Field(
        default=None, description="Its name in headers and metrics. Default: made of the other keys, as ip-200-per-1s."
    )
    algorithm: Literal["token_bucket", "fixed_window", "sliding_counter", "sliding_log"] = Field(
        default="token_bucket",
        description="How requests are counted: evenly, by windows of the clock, or by windows that end now (nearly, exactly).",
    )
    rate: Rate = Field(description="Requests allowed on average: 200/s, 60/min, 1000/h.")
    burst: Positive | None = Field(
        default=None,
        description="Requests allowed at once, for the token bucket alone. Default: the count in `rate`.",
    )
    by: LimitKey = Field(
        default="principal",
        description="Who is counted: each authenticated caller (or address, where there is none), each API key (`key`; who has"
        " none is counted as a caller), each set of roles, each client address, the route or the service as a whole, or each"
        " value of a request header (`header:X-Tenant`).",
    )
    unit: Literal["requests", "tokens"] = Field(
        default="requests",
        description="What is counted. `tokens` are those of a language model with OpenAI's API: booked before a request is let"
        " through (a quarter of the body's bytes, and its `max_tokens`), settled by the `usage` of the reply.",
    )
    default_max_tokens: Positive | None = Field(
        default=None,
        description="For `unit: tokens`: booked for the answer to a request without `max_tokens`. Default: 1024, or half of"
        " what may be used at once if that is less.",
    )
    enforce: Flag = Field(
        default=True, description="`false` refuses nothing and counts what would have been refused (shadow mode)."
    )
    on_store_error: Literal["allow", "deny"] | None = Field(
        default=None,
        description="What becomes of requests while the store of `state` is down, because nobody can count them. "
        "Default: allow.",
    )

    @model_validator(mode="after")
    def _fits_its_algorithm(self) -> RateLimitSection:
        if self.burst is not None and self.algorithm != "token_bucket":
            raise ValueError(
                f"has a burst, which {self.algorithm} does not know: its window admits the count in `rate`"
            )
        if self.unit == "tokens" and self.algorithm not in ("token_bucket", "fixed_window"):
            raise ValueError(f"counts tokens, which {self.algorithm} cannot; use token_bucket or fixed_window")
        if self.default_max_tokens is not None and self.unit != "tokens":
            raise ValueError("has default_max_tokens, and counts requests: add unit: tokens")
        most = self.burst or self.rate[1]
        if self.default_max_tokens is not None and self.default_max_tokens >= most:
            raise ValueError(
                f"has default_max_tokens of {self.default_max_tokens}, and {most} may be used at once: no request without"
                " max_tokens would ever pass"
            )
        if self.algorithm == "sliding_log" and self.rate[1] > MAX_LOG:
            raise ValueError(f"would log more than {MAX_LOG} requests for each caller; use sliding_counter")
        return self


class RouteSection(Section):
    """Requests that match host, method and path go to the service."""

    later: ClassVar = ("paths", "priority", "headers", "plugins", "safety", "strip_query")

    name: Name | None = Field(
        default=None, description="The route's name in logs and metrics. Default: from the service's name."
    )
    path: RoutePath = Field(description="A prefix that ends at a segment border: /a matches /a and /a/b, never /ab.")
    hosts: Hosts = Field(
        default=[],
        description="Host names the route answers to; empty means any. `*.example.org` stands for every name below example.org,"
        " however deep (as in the Gateway API), and not for example.org itself. A name goes before a wildcard,"
        " a longer wildcard before a shorter one, and any of them before a route without hosts.",
    )
    methods: list[Method] = Field(default=[], description="HTTP methods the route answers to; empty means any.")
    strip_path: Flag = Field(default=False, description="Take `path` off before the request goes to the service.")
    roles: Texts = Field(
        default=[], description="Roles of which the caller needs one; empty means any authenticated caller."
    )
    permissions: Flag = Field(
        default=False,
        description="`true`: one of the caller's roles must also allow the request by a rule (see `roles` at the top).",
    )
    auth: Literal["required", "none"] = Field(default="required", description="`none` makes the route public.")
    rate_limits: list[RateLimitSection] = Field(
        default=[], description="Limits on this route, besides the gateway's own."
    )
    first_byte_timeout: PositiveDuration | None = Field(
        default=None,
        description="How long the service may take to begin its reply. Default: gateway.timeouts.first_byte.",
    )
    timeout: PositiveDuration | None = Field(
        default=None,
        description="How long all attempts together may take, from the request's head to the head of the reply; a stream is"
        " not cut by it. What is left is passed on as `x-request-deadline`. Default: no limit but the client's own deadline.",
    )
    retries: RouteRetriesSection | None = Field(
        default=None, description="Where the route differs from its service's traffic.retries."
    )
    fallback: FallbackSection | None = Field(
        default=None, description="Who answers when the service cannot: another service, or a reply laid down here."
    )
    hedge: Hedge | None = Field(
        default=None, description="A second attempt beside a slow GET or HEAD: `50ms`, `p95`, or a section."
    )
    fault: FaultSection | None = Field(default=None, description="Faults on purpose, for tests.")
    breaker: BreakerSection | None = Field(
        default=None,
        description="A circuit breaker for the route as a whole, besides those of the instances: it judges what clients get in"
        " the end, and when open refuses at once (or falls back). `{}` for all defaults, none without it.",
    )
    max_body_bytes: Size | None = Field(
        default=None, description="Largest request body. Default: gateway.max_body_bytes."
    )
    request: RequestSection = nested("Changes to requests.")
    response: ResponseSection = nested("Changes to the service's replies.")
    rewrite: RewriteSection = nested("Changes to path and query.")
    upgrade: Literal["websocket"] | None = Field(
        default=None, description="`websocket` lets WebSockets through, after authentication and limits."
    )
    cors: CorsSection | None = Field(default=None, description="Web pages that may call the route from a browser.")
    match: MatchSection = nested("What else must be true of a request.")
    split: Annotated[list[PartSection], Field(min_length=1)] | None = Field(
        default=None,
        description="Services that are asked in the place of this one, each for its share of the callers: `[{service: web-v1,"
        " weight: 90}, {service: web-v2, weight: 10}]`. A caller stays with one of them. Permissions and limits go on to see"
        " this service; log and metrics name the one that was asked.",
    )
    split_by: SplitKey | None = Field(
        default=None,
        description="What keeps a caller with one service of `split`: the authenticated caller (or address, where there is"
        " none), the address, or a request header or cookie (`cookie:session`). Default: principal.",
    )

    concurrency: ConcurrencyLimits = Field(
        default=[], description="Limits on this route's requests under way at once, as `[{max_in_flight: 100}]`."
    )
    mirror: MirrorSection | None = Field(default=None, description="A service that gets a copy of requests.")
    cache: CacheSection | None = Field(default=None, description="Keep the service's replies, and give them again.")
    idempotency: IdempotencySection | None = Field(
        default=None, description="Carry out a request with an idempotency key once, however often it comes."
    )

    @model_validator(mode="after")
    def _can_be_judged(self) -> RouteSection:
        if self.breaker is not None and self.upgrade is not None:
            raise ValueError(f"has a breaker, which cannot judge a {self.upgrade}: keep one of breaker and upgrade")
        return self

    @model_validator(mode="after")
    def _divides_for_a_reason(self) -> RouteSection:
        if self.split is None:
            if self.split_by is not None:
                raise ValueError("has split_by without a split")
            return self
        names = [part.service for part in self.split]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"names {twice} twice in split")
        if not any(part.weight for part in self.split):
            raise ValueError("has a split in which every weight is 0")
        return self
