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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures that tests took down with `record_property`."""
    reports = [one for kind in ("passed", "failed") for one in terminalreporter.getreports(kind) if one.when == "call"]
    figures = [(one.nodeid.rpartition("::")[2], *found) for one in reports for found in one.user_properties]
    if figures:
        terminalreporter.section("figures")
    for test, name, figure in sorted(figures):
        terminalreporter.write_line(f"{test}: {name}: {figure}")
