from __future__ import annotations

import pytest

from arena_cli.render import unit


@pytest.mark.parametrize(
    ("value", "text"), [(None, ""), (0, "0.00 s"), (0.4249, "0.42 s"), (12.34, "12.3 s"), (125, "2m 05s")]
)
def test_seconds(value: float | None, text: str) -> None:
    assert unit.seconds(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), (0.4, "0s"), (59.9, "59s"), (60, "1m 00s"), (3599, "59m 59s"), (3600, "1h 00m"), (90061, "1d 1h")],
)
def test_uptime(value: float | None, text: str) -> None:
    assert unit.uptime(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (21_500_000, "21.5 MB"),
        (209_900_000, "210 MB"),
        (999_600, "1 MB"),
        (1_230_000_000, "1.23 GB"),
        (5_000_000_000_000, "5.00 TB"),
    ],
)
def test_size(value: int | None, text: str) -> None:
    assert unit.size(value) == text


@pytest.mark.parametrize(("value", "text"), [(None, "-"), (0.0, "0.0%"), (9.96, "10.0%"), (142.4, "142%")])
def test_percent(value: float | None, text: str) -> None:
    assert unit.percent(value) == text


def test_plural() -> None:
    assert [unit.plural(count, "service") for count in (0, 1, 2)] == ["0 services", "1 service", "2 services"]


def test_ago() -> None:
    assert [unit.ago(at, 100.0) for at in (None, 100.0, 101.0, 20.0)] == ["never", "0s ago", "0s ago", "1m 20s ago"]


def test_moment() -> None:
    assert unit.moment(86400.0).startswith("1970-01-0")
    assert unit.moment(1e300) == "1e+300"
