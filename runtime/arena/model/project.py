"""One arena.yaml, checked and complete: the desired state."""

from __future__ import annotations

from dataclasses import dataclass

from arena.model.access import Role
from arena.model.cache import CacheSettings
from arena.model.concurrency import ConcurrencyLimit
from arena.model.route import RateLimit
from arena.model.service import Service
from arena.model.store import StoreAddress
from arena.model.tls import ListenerTls


@dataclass(frozen=True, slots=True)
class Jwks:
    """The keys that an issuer publishes: at `url`, or in `file` (an absolute path). With `discovered_by`, the name of the
    issuer, `url` leads to its OpenID configuration, which says where they are. Seconds: after `refresh` they are fetched
    again at the latest; when that fails they are used for another `stale_if_error`."""

    url: str = ""
    file: str = ""
    refresh: float = 300.0
    stale_if_error: float = 86400.0
    discovered_by: str = ""


@dataclass(frozen=True, slots=True)
class Jwt:
    """How the tokens of one issuer are verified: with a secret, with its `public_key` (PEM text), or with the keys it
    publishes. None of these means: the token keys kept in the project's state folder. `algorithms` are those a token may be
    signed with, the first one is what we sign with; none means what fits the key. We sign with `secret` and accept
    `former_secrets` as well; we sign for `audience` and accept `other_audiences` too. `roles_claim` is where the roles stand:
    the name of a claim, or a dotted path to it."""

    secret: str = ""
    issuer: str = "arena"
    audience: str = "arena"
    leeway: float = 0.0
    algorithms: tuple[str, ...] = ("HS256",)
    public_key: str = ""
    former_secrets: tuple[str, ...] = ()
    other_audiences: tuple[str, ...] = ()
    roles_claim: str = "roles"
    jwks: Jwks | None = None

    @property
    def is_ours(self) -> bool:
        """Whether we can sign for this issuer, and not only verify."""
        return not self.public_key and self.jwks is None

    @property
    def is_kept(self) -> bool:
        """Whether the keys are those in the project's state folder."""
        return self.is_ours and not self.secret


def signer_of(issuers: tuple[Jwt, ...]) -> Jwt | None:
    """Whose tokens we issue: the first one that is ours."""
    return next((issuer for issuer in issuers if issuer.is_ours), None)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. `header`: a whole request head; `body`: between two pieces of a request body; `connect`: to an instance;
    `first_byte`: from the whole request sent to the head of the reply; `idle`: a silent reply or a quiet keep-alive
    connection; `drain`: what a stopping gateway waits for requests in flight, `tunnel_drain` for tunnels."""

    header: float = 10.0
    body: float = 30.0
    connect: float = 2.0
    first_byte: float = 60.0
    idle: float = 75.0
    drain: float = 30.0
    tunnel_drain: float = 5.0


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """The gateway as the user asked for it: `workers` processes that share its port. Sizes in bytes.
    `issuers`: whose tokens are accepted, each with a name of its own.
    `auto_routes`: a service that registered without being in arena.yaml is reachable at `/<its name>` by any authenticated
    caller. `api_keys`: keys are accepted beside tokens. `max_connections` are clients', of each worker;
    None: as many as the process may have; `max_connections_per_ip` None: no limit. `tls` None: clients speak plain HTTP.
    `mtls`: a client certificate says who asks, where nothing else does."""

    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    issuers: tuple[Jwt, ...] = (Jwt(),)
    rate_limits: tuple[RateLimit, ...] = ()
    timeouts: Timeouts = Timeouts()
    max_header_bytes: int = 32 * 1024
    max_body_bytes: int = 10 * 1024 * 1024
    auto_routes: bool = True
    access_log: bool = True
    api_keys: bool = False
    concurrency: tuple[ConcurrencyLimit, ...] = ()
    max_connections: int | None = None
    max_connections_per_ip: int | None = None
    cache: CacheSettings = CacheSettings()
    tls: ListenerTls | None = None
    mtls: bool = False

    @property
    def signer(self) -> Jwt | None:
        """The issuer that `arena token issue` signs for: the first one that is ours."""
        return signer_of(self.issuers)


@dataclass(frozen=True, slots=True)
class RegistrySettings:
    """The registry as the user asked for it. `ttl`: seconds a registration lives without a heartbeat,
    unless its health check still passes."""

    host: str = "127.0.0.1"
    port: int = 8500
    ttl: float = 15.0

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class StateSettings:
    """Where counts are kept that gateways share: `embedded`, a Valkey server that Arena runs, or the one at `address`. Neither:
    in the memory of the gateway."""

    embedded: bool = False
    address: StoreAddress | None = None


@dataclass(frozen=True, slots=True)
class Project:
    """Desired state. `directory` is the absolute folder of the first file; `files` are the absolute paths it was read from."""

    name: str
    directory: str
    files: tuple[str, ...] = ()
    gateway: GatewaySettings = GatewaySettings()
    registry: RegistrySettings = RegistrySettings()
    state: StateSettings = StateSettings()
    services: tuple[Service, ...] = ()
    roles: tuple[Role, ...] = ()

    @property
    def external(self) -> tuple[Service, ...]:
        """The services that run elsewhere."""
        return tuple(service for service in self.services if service.external)

    def service(self, name: str) -> Service | None:
        """The service of that name, or None."""
        return next((service for service in self.services if service.name == name), None)
