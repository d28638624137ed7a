"""Caddy: `reverse_proxy` and nothing else."""

from __future__ import annotations

import json
import re
from typing import Any

from benchmarks.contenders.base import Contender, beside_python, first_line
from benchmarks.load import CONNECTIONS
from benchmarks.site import Site


def _binary() -> str:
    return beside_python("caddy", "pip install --group bench")


def _version() -> str:
    found = re.search(r"v(\d+\.\d+\.\d+)", first_line(_binary(), "version"))
    return found[1] if found else "unknown"


def _launch(site: Site) -> tuple[str, ...]:
    file = site.folder / "caddy.json"
    file.write_text(json.dumps(_config(site), indent=1))
    # Else it would keep its state in the home of whoever runs this.
    homes = (f"XDG_DATA_HOME={site.folder}", f"XDG_CONFIG_HOME={site.folder}")
    return ("env", *homes, _binary(), "run", "--config", str(file))


def _config(site: Site) -> dict[str, Any]:
    # It would keep 32 idle connections to a host; with as many under way some would be closed for nothing.
    transport = {"protocol": "http", "keep_alive": {"max_idle_conns_per_host": CONNECTIONS * 2}}
    proxy = {"handler": "reverse_proxy", "upstreams": [{"dial": f"127.0.0.1:{site.origin}"}], "transport": transport}
    server = {
        "listen": [f"127.0.0.1:{site.port}"],
        "automatic_https": {"disable": True},
        "routes": [{"handle": [proxy]}],
    }
    return {
        "admin": {"disabled": True, "config": {"persist": False}},
        "logging": {"logs": {"default": {"level": "WARN"}}},
        "apps": {"http": {"servers": {"edge": server}}},
    }


CADDY = Contender(
    name="caddy",
    title="Caddy bare",
    does=("forwarding alone", "upstream keep-alive"),
    version=_version,
    launch=_launch,
)
