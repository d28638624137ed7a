from pathlib import Path

from arena.model.address import Address
from arena.model.service import Probe
from arena.registry import view
from arena.registry.core import Registry
from arena.registry.entry import Check, Registration
from arena.testing.clock import ManualClock


async def test_services_with_their_instances(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "state", ManualClock())
    here = Address("a", 1)
    registry.register(Registration("web", "web-2", Address("a", 2), None))
    registry.register(Registration("web", "web-1", here, 9.0, Check(here, Probe(http="/h")), {"version": "1"}))
    registry.register(Registration("db", "db-1", here, 9.0))
    assert [found["service"] for found in view.services(registry)] == ["db", "web"]
    first, second = view.service(registry, "web")["instances"]
    assert first == {
        "instance_id": "web-1", "url": "http://a:1", "health": "unknown", "detail": "", "health_url": "http://a:1/h",
        "ttl_seconds": 9.0, "expires_in_seconds": 9.0, "metadata": {"version": "1"},
    }  # fmt: skip
    assert (second["health_url"], second["ttl_seconds"], second["expires_in_seconds"]) == (None, None, None)
    assert view.service(registry, "none") is None
    await registry.close()
