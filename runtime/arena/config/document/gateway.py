"""The gateway and the registry: Arena's own components."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, WithJsonSchema

from arena.config.document.base import (
    Duration,
    Flag,
    Host,
    Port,
    Positive,
    PositiveDuration,
    Section,
    Size,
    nested,
)
from arena.config.document.cache import CacheStoreSection
from arena.config.document.concurrency import ConcurrencyLimits
from arena.config.document.jwt import JwtSections
from arena.config.document.route import RateLimitSection
from arena.config.document.tls import ListenerTlsSection
from arena.model.store import StoreAddress

Workers = Annotated[
    int,
    Field(ge=1, le=64),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1, "maximum": 64}, {"type": "string"}]}),
]
_STORE = {
    "type": "string",
    "pattern": r"^(embedded$|(redis|valkey)://)|\$",
    "examples": ["embedded", "redis://127.0.0.1:6379"],
}


class AuthSection(Section):
    """Who may call."""

    later: ClassVar = ("oidc", "basic")

    jwt: JwtSections = nested("JSON web tokens: whose are accepted. A list of sections for several issuers at once.")
    api_keys: Flag = Field(
        default=False,
        description="Also accept the keys that `arena key create` makes, as `X-API-Key` or as a bearer token.",
    )
    mtls: Flag = Field(
        default=False,
        description="A client certificate says who asks, where a request carries neither `Authorization` nor an API key:"
        " `cert:` and its common name (or its first URI or DNS name), with its organizations (O) as roles. Needs"
        " `tls.client_ca`.",
    )


class TimeoutsSection(Section):
    """How long the gateway waits, and for what."""

    header: PositiveDuration = Field(default=10.0, description="For a whole request head.")
    body: PositiveDuration = Field(default=30.0, description="Between two pieces of a request body.")
    connect: PositiveDuration = Field(default=2.0, description="To connect to an instance.")
    first_byte: PositiveDuration = Field(
        default=60.0, description="From the whole request sent to the head of the reply."
    )
    idle: PositiveDuration = Field(default=75.0, description="A silent reply, or a quiet keep-alive connection.")
    drain: Duration = Field(default=30.0, description="For requests in flight when the gateway stops or is replaced.")
    tunnel_drain: Duration = Field(
        default=5.0,
        description="For WebSockets when the gateway stops or is replaced: they have no end of their own that could be waited"
        " for. Then the connection is closed; frames are not looked at, so there is no close frame (clients call it 1006).",
    )


class GatewaySection(Section):
    """The door: every request goes through it."""

    later: ClassVar = ("listen", "plugins", "consumers", "cors", "safety", "state_store", "retries")

    host: Host = Field(default="127.0.0.1", description="The address to listen on; 0.0.0.0 for every interface.")
    port: Port = Field(default=8000, description="The port to listen on. Default: ARENA_API_PORT, or 8000.")
    workers: Workers = Field(
        default=1,
        description="Processes that share the port, for more than one core. Where there is something to"
        " count together (rate limits, idempotency keys) and no `state` is named, a store of Arena's own is started for them.",
    )
    auth: AuthSection = nested("Authentication.")
    tls: ListenerTlsSection | None = Field(
        default=None, description="Speak HTTPS. Without it clients speak plain HTTP."
    )
    rate_limits: list[RateLimitSection] = Field(default=[], description="Limits on every request, before routing.")
    concurrency: ConcurrencyLimits = Field(
        default=[],
        description="Limits on requests under way at once, on all routes together, as `[{max_in_flight: 10, by: principal}]`.",
    )
    max_connections: Positive | None = Field(
        default=None,
        description="Client connections, for each worker; more are answered with 503 and closed. Default: half of the files"
        " that the process may open (`ulimit -Hn`), which is also the most. `/health` names the number in force.",
    )
    max_connections_per_ip: Positive | None = Field(
        default=None,
        description="Client connections from one address, for each worker. Behind a proxy all come from one. Default: no"
        " limit.",
    )
    timeouts: TimeoutsSection = nested("How long the gateway waits.")
    max_header_bytes: Annotated[Size, Field(ge=1024)] = Field(
        default=32 * 1024, description="Largest request head, 1k or more; a larger one is refused with 431."
    )
    max_body_bytes: Size = Field(
        default=10 * 1024 * 1024, description="Largest request body; more is refused with 413."
    )
    auto_routes: Flag = Field(
        default=True, description="A service that registered without being in this file is reachable at /its-name."
    )
    access_log: Flag = Field(default=True, description="One JSON line per request.")
    cache: CacheStoreSection = nested("Kept replies.")


def _store(value: Any) -> Any:
    if isinstance(value, str) and value != "embedded":
        StoreAddress.parse(value)
    return value


class StateSection(Section):
    """What the gateway's workers and replicas must know together: the counts of rate limits."""

    later: ClassVar = ("redis", "nats", "persist", "maxmemory")

    valkey: Annotated[str, BeforeValidator(_store), WithJsonSchema(_STORE)] | None = Field(
        default=None,
        description="`embedded`: Arena runs a Valkey server of its own (needs the extra `state`). A redis:// URL: the Valkey or"
        " Redis server there. Without it every gateway counts in its own memory.",
    )


class RegistrySection(Section):
    """Who is alive, and where."""

    later: ClassVar = ("store", "replicas", "tls")

    host: Host = Field(
        default="127.0.0.1", description="The address to listen on. Default: from SERVICE_DISCOVERY_URL."
    )
    port: Port = Field(default=8500, description="The port to listen on. Default: from SERVICE_DISCOVERY_URL, or 8500.")
    ttl: PositiveDuration = Field(
        default=15.0,
        description="How long a registration lives without a heartbeat, unless its health check still passes.",
    )
