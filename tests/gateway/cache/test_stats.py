"""gateway.cache.stats."""

from __future__ import annotations

from arena.gateway.cache.stats import CacheStats
from arena.telemetry.metrics import Page


def test_nothing_is_said_while_there_is_nothing_to_say() -> None:
    stats, page = CacheStats(), Page()
    stats.write(page, 0, 0)
    assert page.text().strip() == ""
    stats.results["web", "hit"] += 2
    stats.write(page, 5, 1)
    assert 'arena_gateway_cache_requests_total{route="web",result="hit"} 2' in page.text()
    assert "arena_gateway_cache_bytes 5" in page.text()
