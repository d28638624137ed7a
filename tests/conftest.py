"""For every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from arena.supervisor.backends.spawn import hear_all_signals
from tests import ports

hear_all_signals()  # nohup, or a shell's `&`, may have started us: what we start must not inherit that

# Hypothesis would judge examples by the clock, and so the machine: the tests have time limits of their own.
settings.register_profile("any machine", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


@pytest.fixture(autouse=True)
def ports_are_given_back() -> Iterator[None]:
    yield
    ports.release()
