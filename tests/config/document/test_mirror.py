from __future__ import annotations

import pytest
from pydantic import ValidationError

from arena.config.document.mirror import MirrorSection


@pytest.mark.parametrize(("given", "percent"), [("10%", 10.0), (10, 10.0), (0.5, 0.5), ("0.5 %", 0.5), ("100", 100.0)])
def test_percentages(given: object, percent: float) -> None:
    assert MirrorSection.model_validate({"service": "a", "percent": given}).percent == percent


@pytest.mark.parametrize("given", ["-1", 0, "1e999%", "ten", [10], float("nan"), "%"])
def test_what_is_none(given: object) -> None:
    with pytest.raises(ValidationError):
        MirrorSection.model_validate({"service": "a", "percent": given})
