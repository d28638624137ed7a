"""config.document.idempotency: mistakes are told."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from arena.config import ConfigInvalid, Loaded

Load = Callable[..., Loaded]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("{ttl: 0}", "more than 0"),
        ("{header: a b}", "the name of a header"),
        ("{header: Authorization}", "cannot be authorization, which has a meaning of its own"),
        ("{header: X-Request-Id}", "cannot be x-request-id"),
        ("{header: content-length}", "cannot be content-length"),
        ("{header: '*'}", "the name of a header"),
        ("{methods: GET}", "POST"),
        ("{methods: []}", "methods"),
        ("{on_store_error: maybe}", "allow"),
        ("{requird: true}", "required"),
    ],
)
def test_mistakes_are_told(load: Load, rule: str, message: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        load(f"services: {{a: {{command: a, routes: [{{path: /a, idempotency: {rule}}}]}}}}")
    (problem,) = caught.value.problems
    assert message in problem.where + problem.message + problem.hint
