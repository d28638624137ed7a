"""Arena's gateway: with everything a route normally has on, the same where no request comes twice and for a chat
completion, and bare, to see what that costs."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from arena.auth import signing_key
from arena.auth.ledger import Ledger
from arena.auth.signing_key import SigningKey
from arena.model import codec
from arena.model.address import Address
from arena.model.gateway import GatewaySpec
from arena.model.project import GatewaySettings, Jwt
from arena.model.route import RateLimit, Route
from arena.model.snapshot import Endpoint, Snapshot
from benchmarks.ask import CHAT, ITEM, NEW_ITEMS
from benchmarks.contenders.base import Contender, Missing
from benchmarks.site import AUDIENCE, ISSUER, NEVER_REACHED, ROLE, Site

SERVICE = "bench"
LIMIT = RateLimit(rate=float(NEVER_REACHED), burst=NEVER_REACHED, by="principal")
BARE = Route(name=SERVICE, service=SERVICE, path="/", auth="none")
FULL = Route(name=SERVICE, service=SERVICE, path="/", roles=(ROLE,), rate_limits=(LIMIT,))


def version() -> str:
    """Raises Missing."""
    if importlib.util.find_spec("arena.gateway.__main__") is None:
        raise Missing("the gateway is not in this tree: arena.gateway has no __main__")
    return importlib.metadata.version("arena-ops")


def spec(site: Site, routes: Iterable[Route], *, access_log: bool, introduced: bool = True) -> GatewaySpec:
    """What a gateway on that site is told; `command` writes it down. It has no registry and serves from a kept snapshot.
    `introduced`: it tells the service who asks, as every gateway of a project does."""
    jwt = Jwt(secret=site.secret, issuer=ISSUER, audience=AUDIENCE)
    settings = GatewaySettings(port=site.port, issuers=(jwt,), access_log=access_log)
    return GatewaySpec(
        "bench",
        settings,
        tuple(routes),
        (SERVICE,),
        snapshot_file=str(site.folder / "snapshot.json"),
        signing_keys_file=str(site.folder / "signing-keys.json") if introduced else "",
    )


def command(site: Site, told: GatewaySpec, endpoints: int = 1) -> tuple[str, ...]:
    """Write `told` and a snapshot of that many endpoints, all at the site's origin; the command that serves them."""
    address = Address("127.0.0.1", site.origin)
    behind = tuple(Endpoint(SERVICE, f"{SERVICE}-{n}", address, health="passing") for n in range(1, endpoints + 1))
    snapshot = Snapshot(version=1, epoch="bench", endpoints=behind)
    (site.folder / "snapshot.json").write_text(json.dumps(codec.encode(snapshot)))
    if told.signing_keys_file:
        Ledger(Path(told.signing_keys_file), SigningKey).update(lambda _: [signing_key.make()])
    file = site.folder / "gateway.json"
    file.write_text(json.dumps(codec.encode(told)))
    return (sys.executable, "-I", "-m", "arena.gateway", str(file))


def _launch_full(site: Site) -> tuple[str, ...]:
    return command(site, spec(site, (replace(FULL, path="/bench"),), access_log=True))


def _launch_chat(site: Site) -> tuple[str, ...]:
    return command(site, spec(site, (replace(FULL, path="/v1"),), access_log=True))


def _launch_bare(site: Site) -> tuple[str, ...]:
    return command(site, spec(site, (BARE,), access_log=False))


ARENA = Contender(
    name="arena",
    title="Arena",
    does=(
        "JWT HS256 with issuer, audience and expiry (token cache)",
        "roles on the route",
        "who asks, told to the service in a signed header (kept for a minute)",
        "rate limit per principal",
        "circuit breaker",
        "request and trace ids",
        "metrics",
        "JSON access log",
    ),
    version=version,
    launch=_launch_full,
    guarded=True,
    logged=True,
    logs_to_output=True,
    asked=ITEM,
)

ARENA_NEW = replace(
    ARENA,
    name="arena-new",
    title="Arena, new paths",
    does=("a path that was never asked for before with every request, everything else as for Arena",),
    asked=NEW_ITEMS,
)

ARENA_CHAT = replace(
    ARENA,
    name="arena-chat",
    title="Arena, chat",
    does=("a chat completion (POST) passed on, everything else as for Arena",),
    launch=_launch_chat,
    asked=CHAT,
    against="arena-chat",
)

ARENA_BARE = Contender(
    name="arena-bare",
    title="Arena bare",
    does=("public route", "no limit, no access log", "circuit breaker, request and trace ids, metrics"),
    version=version,
    launch=_launch_bare,
)
