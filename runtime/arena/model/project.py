"""One arena.yaml, checked and complete: the desired state."""

from __future__ import annotations

from dataclasses import dataclass

from arena.model.access import Role
from arena.model.route import RateLimit
from arena.model.service import Service
from arena.model.store import StoreAddress


@dataclass(frozen=True, slots=True)
class Jwt:
    """How bearer tokens are verified: with a secret, or with the `public_key` of another issuer (PEM text). `secret` '' without
    a public key means: the one kept in the project's state folder. `algorithms` are those a token may be signed with, the
    first one is what we sign with; none means what fits the key."""

    secret: str = ""
    issuer: str = "arena"
    audience: str = "arena"
    leeway: float = 0.0
    algorithms: tuple[str, ...] = ("HS256",)
    public_key: str = ""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. `header`: a whole request head; `body`: between two pieces of a request body; `connect`: to an instance;
    `first_byte`: from the whole request sent to the head of the reply; `idle`: a silent reply or a quiet keep-alive
    connection; `drain`: what a stopping gateway waits for requests in flight."""

    header: float = 10.0
    body: float = 30.0
    connect: float = 2.0
    first_byte: float = 60.0
    idle: float = 75.0
    drain: float = 30.0


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """The gateway as the user asked for it: `workers` processes that share its port. Sizes in bytes.
    `auto_routes`: a service that registered without being in arena.yaml is reachable at `/<its name>` by any authenticated
    caller. `api_keys`: keys are accepted beside tokens."""

    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    jwt: Jwt = Jwt()
    rate_limits: tuple[RateLimit, ...] = ()
    timeouts: Timeouts = Timeouts()
    max_header_bytes: int = 32 * 1024
    max_body_bytes: int = 10 * 1024 * 1024
    auto_routes: bool = True
    access_log: bool = True
    api_keys: bool = False


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

    def service(self, name: str) -> Service | None:
        """The service of that name, or None."""
        return next((service for service in self.services if service.name == name), None)
