"""config.document.traffic: its defaults are the model's."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from arena.config.document.traffic import BreakerSection, OutlierSection, TrafficSection
from arena.model.traffic import BreakerRule, Traffic


def test_defaults_are_the_models() -> None:
    section, rule = BreakerSection(), BreakerRule()
    for name in set(BreakerSection.model_fields) - {"disable", "statuses"}:
        assert getattr(section, name) == getattr(rule, name), name
    assert tuple(section.statuses) == rule.statuses
    assert TrafficSection().balance == Traffic().balance


@pytest.mark.parametrize(
    ("section", "written", "said"),
    [
        (BreakerSection, {"open_for": "60s", "max_open_for": "5s"}, "shorter than its open_for"),
        (BreakerSection, {"slow_rate": "50%"}, "without slow_after"),
        (
            OutlierSection,
            {"base_ejection_time": "10m", "max_ejection_time": "5s"},
            "shorter than its base_ejection_time",
        ),
    ],
)
def test_keys_that_contradict_each_other(
    section: type[BreakerSection | OutlierSection], written: dict[str, str], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        section.model_validate(written)
