"""Arena's gateway twice: with everything a route normally has on, and bare, to see what that costs."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import sys

from arena.model import codec
from arena.model.address import Address
from arena.model.gateway import GatewaySpec
from arena.model.project import GatewaySettings, Jwt
from arena.model.route import RateLimit, Route
from arena.model.snapshot import Endpoint, Snapshot
from benchmarks.contenders.base import Contender, Missing
from benchmarks.site import AUDIENCE, ISSUER, NEVER_REACHED, PREFIX, ROLE, Site

_SERVICE = "bench"


def _version() -> str:
    if importlib.util.find_spec("arena.gateway.__main__") is None:
        raise Missing("the gateway is not in this tree: arena.gateway has no __main__")
    return importlib.metadata.version("arena-ops")


def _launch(site: Site) -> tuple[str, ...]:
    limit = RateLimit(rate=float(NEVER_REACHED), burst=NEVER_REACHED, by="principal")
    route = Route(name=_SERVICE, service=_SERVICE, path=PREFIX, roles=(ROLE,), rate_limits=(limit,))
    return _command(site, route, access_log=True)


def _launch_bare(site: Site) -> tuple[str, ...]:
    return _command(site, Route(name=_SERVICE, service=_SERVICE, path=PREFIX, auth="none"), access_log=False)


def _command(site: Site, route: Route, *, access_log: bool) -> tuple[str, ...]:
    """There is no registry here: the gateway serves from the last Snapshot it is told of, as it does when one dies."""
    endpoint = Endpoint(_SERVICE, f"{_SERVICE}-1", Address("127.0.0.1", site.origin), health="passing")
    snapshot = site.folder / "snapshot.json"
    snapshot.write_text(json.dumps(codec.encode(Snapshot(version=1, epoch="bench", endpoints=(endpoint,)))))
    settings = GatewaySettings(
        port=site.port,
        jwt=Jwt(secret=site.secret, issuer=ISSUER, audience=AUDIENCE),
        access_log=access_log,
    )
    spec = GatewaySpec("bench", settings, (route,), (_SERVICE,), snapshot_file=str(snapshot))
    file = site.folder / "gateway.json"
    file.write_text(json.dumps(codec.encode(spec)))
    return (sys.executable, "-I", "-m", "arena.gateway", str(file))


ARENA = Contender(
    name="arena",
    title="Arena",
    does=(
        "JWT HS256 with issuer, audience and expiry (token cache)",
        "roles on the route",
        "rate limit per principal",
        "request and trace ids",
        "metrics",
        "JSON access log",
    ),
    version=_version,
    launch=_launch,
    guarded=True,
    logged=True,
    logs_to_output=True,
)

ARENA_BARE = Contender(
    name="arena-bare",
    title="Arena bare",
    does=("public route", "no limit, no access log", "request and trace ids, metrics"),
    version=_version,
    launch=_launch_bare,
)
