from __future__ import annotations

import json

from arena.model import registration
from arena.registry import payload


def test_the_registry_understands_it() -> None:
    told = registration.payload(
        "web", "web-1", "http://127.0.0.1:9/base", {"version": "1"}, health_url="http://127.0.0.1:9/h", ttl_seconds=5
    )
    heard = payload.parse(json.dumps(told).encode(), 15.0)
    assert (heard.service, heard.instance, heard.address.url) == ("web", "web-1", "http://127.0.0.1:9/base")
    assert (heard.ttl, heard.metadata) == (5, {"version": "1"})
    assert heard.check is not None and heard.check.probe.http == "/h"


def test_a_name_cannot_lead_elsewhere() -> None:
    assert registration.path("web", "web-1") == "/v1/services/web/web-1"
    assert registration.path("a/b", "../x?y") == "/v1/services/a%2Fb/..%2Fx%3Fy"
