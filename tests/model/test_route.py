"""model.route: what a limit is called, and how long its window is."""

from __future__ import annotations

from arena.model.route import RateLimit


def test_a_limit_without_a_name_says_what_it_is() -> None:
    assert RateLimit(200.0, 400, "ip").title == "ip-400-per-2s"
    assert RateLimit(1.0, 60, "header:x-tenant").title == "header-x-tenant-60-per-60s"
    assert RateLimit(1.0, 60, name="mine").title == "mine"
