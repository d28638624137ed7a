from __future__ import annotations

import pytest
from pydantic import ValidationError

from arena.config.document.concurrency import ConcurrencySection


def test_defaults() -> None:
    section = ConcurrencySection.model_validate({"max_in_flight": "5"})
    assert (section.max_in_flight, section.by, section.max_queue, section.queue_timeout, section.enforce) == (
        5, None, 0, None, True,
    )  # fmt: skip


@pytest.mark.parametrize("queue", [-1, 1001, "x"])
def test_a_queue_is_short(queue: object) -> None:
    with pytest.raises(ValidationError):
        ConcurrencySection.model_validate({"max_in_flight": 1, "max_queue": queue})
