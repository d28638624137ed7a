from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from arena.model.address import Address
from arena.registry import metrics
from arena.registry.core import Registry
from arena.registry.entry import Registration
from arena.testing.clock import ManualClock


async def test_prometheus_can_read_it(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "state", ManualClock())
    for number in (1, 2):
        registry.register(Registration("web", f"web-{number}", Address("a", number), 9.0))
    families = {family.name: family for family in text_string_to_metric_families(metrics.render(registry))}
    (endpoints,) = families["arena_registry_endpoints"].samples
    assert (endpoints.labels, endpoints.value) == ({"service": "web", "health": "unknown"}, 2)
    (events,) = families["arena_registry_events"].samples
    assert (events.labels, events.value) == ({"event": "registered"}, 2)
    assert families["arena_registry_snapshot_version"].samples[0].value == 2
    await registry.close()
