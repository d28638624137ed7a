"""config.document.resilience: what may stand in `on`."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from arena.config.document.resilience import RetriesSection
from arena.model.traffic import Traffic


@pytest.mark.parametrize("value", ["connect", ["reset", "timeout"], [429, 500, 599], ["503"]])
def test_failures_and_statuses(value: object) -> None:
    assert RetriesSection.model_validate({"on": value}).on is not None


@pytest.mark.parametrize("value", ["5xx", [200], [428], [430], [600], ["gateway-error"], [True], [[503]]])
def test_nothing_else(value: object) -> None:
    with pytest.raises(ValidationError):
        RetriesSection.model_validate({"on": value})


def test_the_budget_is_the_models() -> None:
    assert RetriesSection().budget == Traffic().retry_budget
