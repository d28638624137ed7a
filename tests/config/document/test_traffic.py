"""config.document.traffic: its defaults are the model's."""

from __future__ import annotations

from arena.config.document.traffic import BreakerSection, TrafficSection
from arena.model.traffic import BreakerRule, Traffic


def test_defaults_are_the_models() -> None:
    section, rule = BreakerSection(), BreakerRule()
    for name in set(BreakerSection.model_fields) - {"disable", "statuses"}:
        assert getattr(section, name) == getattr(rule, name), name
    assert tuple(section.statuses) == rule.statuses
    assert TrafficSection().balance == Traffic().balance
