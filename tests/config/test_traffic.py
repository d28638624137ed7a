"""config.traffic: what a service's `traffic` says, as rules."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from arena.config import Loaded
from arena.config.present import render
from arena.model.traffic import BreakerRule, OutlierRule, Traffic

Load = Callable[..., Loaded]
Problems = Callable[..., list[str]]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{}", Traffic()),
        ("{breaker: {}}", Traffic()),
        ("{breaker: {disable: true}}", Traffic(None)),
        ("{balance: round_robin}", Traffic(balance="round_robin")),
        ("{balance: peak_ewma, breaker: {disable: true}}", Traffic(None, "peak_ewma")),
        ("{slow_start: 30s, panic_threshold: 50%}", Traffic(slow_start=30.0, panic_threshold=0.5)),
        ("{outlier: {}}", Traffic(outlier=OutlierRule())),
        ("{breaker: {open_for: 1m}}", Traffic(BreakerRule(open_for=60.0, max_open_for=60.0))),
        (
            "{outlier: {base_ejection_time: 10m}}",
            Traffic(outlier=OutlierRule(base_ejection_time=600.0, max_ejection_time=600.0)),
        ),
        (
            "{outlier: {interval: 1s, success_rate_factor: 1.2, min_hosts: 3, min_requests: 7, base_ejection_time: 5s,"
            " max_ejection_time: 1m, max_ejected: 50%}, breaker: {disable: true}}",
            Traffic(None, outlier=OutlierRule(1.0, 1.2, 3, 7, 5.0, 60.0, 0.5)),
        ),
        ("{balance: consistent_hash}", Traffic(balance="consistent_hash")),
        (
            "{balance: consistent_hash, hash_by: 'header:X-Session'}",
            Traffic(balance="consistent_hash", hash_by="header:x-session"),
        ),
        (
            "{breaker: {failures: 9, error_rate: 25%, slow_after: 2s, slow_rate: 0.9, window: 1m, min_requests: 7,"
            " open_for: 500ms, max_open_for: 1m, trials: 1, statuses: [500, 503, 500]}}",
            Traffic(BreakerRule(9, 0.25, 2.0, 0.9, 60.0, 7, 0.5, 60.0, 1, (500, 503))),
        ),
    ],
)
@pytest.mark.parametrize("kind", ["command: run", "url: http://127.0.0.1:1"])
def test_what_is_written_and_what_is_shown(load: Load, written: str, expected: Traffic, kind: str) -> None:
    project = load(f"services: {{a: {{{kind}, traffic: {written}}}}}").project
    assert project.services[0].traffic == expected
    assert load(render(project, "yaml")).project.services[0].traffic == expected


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("error_rate: 0", "more than 0"),
        ("error_rate: 150%", "should be a share such as 50%"),
        ("slow_rate: half", "should be a share such as 50%"),
        ("open_for: 0s", "more than 0"),
        ("trials: 0", "1"),
        ("statuses: [200]", "400"),
        ("max_connections: 3", "max_connections"),
    ],
)
def test_mistakes(problems: Problems, written: str, message: str) -> None:
    (problem,) = problems(f"services: {{a: {{command: run, traffic: {{breaker: {{{written}}}}}}}}}")
    assert re.search(message, problem), problem


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("outlier: {max_ejected: 0}", "more than 0"),
        ("outlier: {success_rate_factor: -1}", "at least 0"),
        ("outlier: {consecutive_5xx: 5}", "consecutive_5xx"),
        ("panic_threshold: 101%", "should be a share such as 50%"),
        ("slow_start: -1s", "duration"),
        ("balance: random", "least_in_flight"),
        ("hash_by: ip", "add balance: consistent_hash"),
        ("balance: consistent_hash, hash_by: service", "would send all to one instance"),
        ("balance: consistent_hash, hash_by: cookie", "header:"),
    ],
)
def test_mistakes_of_balance(problems: Problems, written: str, message: str) -> None:
    (problem,) = problems(f"services: {{a: {{command: run, traffic: {{{written}}}}}}}")
    assert message in problem


def test_a_route_has_a_breaker_when_it_says_so(load: Load, problems: Problems) -> None:
    text = "services: {{a: {{command: run, routes: [{{path: /a, {}}}]}}}}"
    for written, rule in (("", None), ("breaker: {}", BreakerRule()), ("breaker: {disable: true}", None)):
        assert load(text.format(written)).project.services[0].routes[0].breaker == rule
    assert load(text.format("breaker: {failures: 9}")).project.services[0].routes[0].breaker == BreakerRule(9)
    (problem,) = problems(text.format("breaker: {}, upgrade: websocket"))
    assert "cannot judge a websocket" in problem
