"""config.state."""

from __future__ import annotations

import pytest

from arena.model.project import StateSettings
from arena.model.store import StoreAddress
from tests.config.conftest import Load, Problems

OURS = StateSettings(embedded=True)
NONE = StateSettings()
ROUTE = "services: {{a: {{url: 'http://h', routes: [{{path: /a, {}}}]}}}}"


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("name: a", StateSettings()),
        ("state:", StateSettings()),
        ("state: {valkey: embedded}", StateSettings(embedded=True)),
        (
            "state: {valkey: 'redis://:hush@h:1/2'}",
            StateSettings(address=StoreAddress("h", 1, password="hush", database=2)),
        ),
    ],
)
def test_where_counts_are_kept(load: Load, text: str, state: StateSettings) -> None:
    assert load(text).project.state == state


def test_what_a_limit_does_without_its_store(load: Load, problems: Problems) -> None:
    limits = "gateway: {rate_limits: [{rate: 1/s, on_store_error: deny}]}"
    (limit,) = load(f"state: {{valkey: embedded}}\n{limits}").project.gateway.rate_limits
    assert limit.on_store_error == "deny"
    (problem,) = problems(limits)
    assert "gateway.rate_limits.0.on_store_error: has no meaning without a state store" in problem.replace("[0]", ".0")
    route = "services: {a: {url: 'http://h', routes: [{path: /a, rate_limits: [{rate: 1/s, on_store_error: allow}]}]}}"
    assert "has no meaning without a state store" in problems(route)[0]


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("gateway: {workers: 2}", NONE),
        ("gateway: {workers: 1, rate_limits: [{rate: 1/s}]}", NONE),
        ("gateway: {workers: 2, rate_limits: [{rate: 1/s}]}", OURS),
        ("gateway: {workers: 2, rate_limits: [{rate: 1/s, on_store_error: deny}]}", OURS),
        ("gateway: {workers: 2, cache: {store: state}}", OURS),
        ("gateway: {workers: 2}\n" + ROUTE.format("rate_limits: [{rate: 1/s}]"), OURS),
        ("gateway: {workers: 2}\n" + ROUTE.format("idempotency: {}"), OURS),
        ("gateway: {workers: 2}\n" + ROUTE.format("cache: {}"), NONE),
        ("gateway: {workers: 2, rate_limits: [{rate: 1/s}]}\nstate: {valkey: 'redis://h'}",
         StateSettings(address=StoreAddress("h", 6379))),
    ],
)  # fmt: skip
def test_workers_who_count_together_are_given_a_store(load: Load, text: str, state: StateSettings) -> None:
    assert load(text).project.state == state


def test_a_cache_in_a_store_that_is_not_there(problems: Problems) -> None:
    (problem,) = problems("gateway: {cache: {store: state}}")
    assert "is state, and there is no state store" in problem
