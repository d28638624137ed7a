"""gateway.stats."""

from __future__ import annotations

from arena.gateway.stats import Stats


def test_a_route_keeps_its_counters() -> None:
    stats = Stats()
    one = stats.route("r", "s")
    one.classes[2] += 1
    assert stats.route("r", "s") is one
    assert stats.route("r", "other") is not one
    assert stats.route("r", "other").classes == [0] * 6
