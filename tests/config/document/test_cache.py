"""config.document.cache: mistakes in the cache section are told."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from arena.config import ConfigInvalid, Loaded

Load = Callable[..., Loaded]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("{ttl: 0}", "more than 0"),
        ("{vary: [a b]}", "the name of a header"),
        ("{vary: '*'}", "not '*': what every request has a reply of its own for is not cached"),
        ("{per: user}", "principal"),
        ("{tll: 1s}", "ttl"),
        ("{max_body_bytes: 0}", "1"),
    ],
)
def test_mistakes_are_told(load: Load, rule: str, message: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        load(f"services: {{a: {{command: a, routes: [{{path: /a, cache: {rule}}}]}}}}")
    (problem,) = caught.value.problems
    assert message in problem.where + problem.message + problem.hint


def test_a_store_must_be_there(load: Load) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        load("gateway: {cache: {store: state}}\nservices: {a: {command: a}}\n")
    (problem,) = caught.value.problems
    assert problem.where == "gateway.cache.store" and "state: {valkey: embedded}" in problem.hint
