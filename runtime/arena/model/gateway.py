"""What a gateway process is told: the file `gateway.json`, written by the daemon."""

from __future__ import annotations

from dataclasses import dataclass, field

from arena.model.access import Role
from arena.model.project import GatewaySettings
from arena.model.route import Route
from arena.model.store import StoreAddress
from arena.model.traffic import Traffic


@dataclass(frozen=True, slots=True)
class GatewaySpec:
    """Settings, every declared route, the names of declared services (so that a service
    kept private, without a route, is not given an automatic one), and where to find the registry and the last Snapshot.
    `keys_file` holds the API keys, '' when they are not accepted; `keys_used_file` is where their last use is noted.
    `store` is where limits are counted, None for the memory of the process.
    `signing_keys_file` holds the keys that services are told with who asks, and that the daemon's own requests are signed
    with, '' for neither; `guarded` are those services that answer nobody who was not introduced so. `revoked_file` says which
    tokens are refused before they expire. `roles` says what each role may do.
    `orders_file` is what people ordered about endpoints (`arena breaker trip`), `chaos_file` the faults that they asked for
    (`arena chaos`), `purges_file` what they want forgotten of kept replies (`arena cache purge`).
    `traffic` holds the rules of each declared service; others have the defaults.
    `token_keys_file` holds the keys of the issuer that names none.
    """

    project: str
    settings: GatewaySettings
    routes: tuple[Route, ...] = ()
    services: tuple[str, ...] = ()
    registry_url: str = ""
    snapshot_file: str = ""
    keys_file: str = ""
    keys_used_file: str = ""
    store: StoreAddress | None = None
    revoked_file: str = ""
    signing_keys_file: str = ""
    guarded: tuple[str, ...] = ()
    token_keys_file: str = ""
    roles: tuple[Role, ...] = ()
    traffic: dict[str, Traffic] = field(default_factory=dict)
    orders_file: str = ""
    chaos_file: str = ""
    purges_file: str = ""
