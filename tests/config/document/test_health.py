from __future__ import annotations

import pytest
from pydantic import ValidationError

from arena.config.document.health import HealthcheckSection


@pytest.mark.parametrize("test", [[], {}, ["NONE", "x"], ["CMD"], ["CMD-SHELL", "a", "b"], ["curl", "x"]])
def test_tests_that_say_nothing(test: object) -> None:
    with pytest.raises(ValidationError, match="should"):
        HealthcheckSection.model_validate({"test": test})


def test_defaults_are_the_models() -> None:
    from arena.model.service import Probe

    section, probe = HealthcheckSection(), Probe()
    for name in ("timeout", "retries", "successes", "start_period"):
        assert getattr(section, name) == getattr(probe, name)
