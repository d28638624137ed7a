"""model.route: what a limit is called, and how long its window is."""

from __future__ import annotations

from arena.model.route import RateLimit


def test_a_limit_without_a_name_says_what_it_is() -> None:
    assert RateLimit(200.0, 400, "ip").title == "ip-400-per-2s"
    assert RateLimit(1.0, 60, "header:x-tenant").title == "header-x-tenant-60-per-60s"
    assert RateLimit(1.0, 60, name="mine").title == "mine"


def test_requests_that_do_not_say_how_long_their_answer_may_be_can_pass() -> None:
    assert [RateLimit.answer_tokens(quota) for quota in (1, 2, 600, 2048, 10_000)] == [1, 1, 300, 1024, 1024]
