"""Traefik: a file provider, a rate limit per address, a JSON access log written in blocks."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from benchmarks.contenders.base import Contender, beside_python, first_line
from benchmarks.site import NEVER_REACHED, Site

# The same facts as in Arena's line; its own default is some thirty fields, which would make it slower.
_FIELDS = (
    "StartUTC", "ClientHost", "RequestMethod", "RequestPath", "RouterName", "ServiceName", "ServiceAddr",
    "DownstreamStatus", "Duration", "OriginDuration", "RequestContentSize", "DownstreamContentSize",
)  # fmt: skip


def _binary() -> str:
    return beside_python("traefik", "pip install --group bench")


def _version() -> str:
    found = re.search(r"\d+\.\d+\.\d+", first_line(_binary(), "version"))
    return found[0] if found else "unknown"


def _launch(site: Site) -> tuple[str, ...]:
    routes = site.folder / "routes.yaml"
    routes.write_text(json.dumps(_routes(site), indent=1))  # JSON is YAML
    file = site.folder / "traefik.yaml"
    file.write_text(json.dumps(_static(site, routes), indent=1))
    return (_binary(), f"--configFile={file}")


def _static(site: Site, routes: Path) -> dict[str, Any]:
    return {
        "global": {"checkNewVersion": False, "sendAnonymousUsage": False},
        "log": {"level": "ERROR"},
        "entryPoints": {"edge": {"address": f"127.0.0.1:{site.port}"}},
        "providers": {"file": {"filename": str(routes), "watch": False}},
        "accessLog": {
            "filePath": str(site.access_log),
            "format": "json",
            "bufferingSize": 100,
            "fields": {"defaultMode": "drop", "names": dict.fromkeys(_FIELDS, "keep")},
        },
    }


def _routes(site: Site) -> dict[str, Any]:
    limit = {"average": NEVER_REACHED, "burst": NEVER_REACHED, "period": "1s"}
    return {
        "http": {
            "routers": {
                "all": {
                    "rule": "PathPrefix(`/`)",
                    "entryPoints": ["edge"],
                    "service": "origin",
                    "middlewares": ["limit"],
                }
            },
            "middlewares": {"limit": {"rateLimit": limit}},
            "services": {"origin": {"loadBalancer": {"servers": [{"url": f"http://127.0.0.1:{site.origin}"}]}}},
        }
    }


TRAEFIK = Contender(
    name="traefik",
    title="Traefik",
    does=("no JWT (Traefik has none)", "rate limit per address", "JSON access log, in blocks of 100 lines"),
    version=_version,
    launch=_launch,
    logged=True,
)
