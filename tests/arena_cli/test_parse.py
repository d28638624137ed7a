from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.errors import UsageError
from arena.model.breaker import BreakerPlace
from arena_cli.parse import breaker_place, duration, moment, scale


@pytest.mark.parametrize(
    ("word", "seconds"),
    [
        ("90", 90),
        ("1.5", 1.5),
        ("45s", 45),
        ("10m", 600),
        ("1h30m", 5400),
        ("250ms", 0.25),
        ("2d", 172800),
        (" 5s ", 5),
    ],
)
def test_durations(word: str, seconds: float) -> None:
    assert duration(word) == seconds


@pytest.mark.parametrize("word", ["", "abc", "-5", "5 s", "s", "1x", "10m!", "5s 3", "nan", "inf", "1e9"])
def test_what_is_no_duration_is_refused_with_an_example(word: str) -> None:
    with pytest.raises(UsageError) as caught:
        duration(word)
    assert "1h30m" in caught.value.hint


@given(st.integers(0, 999), st.integers(0, 59), st.integers(0, 59))
def test_pieces_add_up(hours: int, minutes: int, seconds: int) -> None:
    assert duration(f"{hours}h{minutes}m{seconds}s") == hours * 3600 + minutes * 60 + seconds


@given(st.text(max_size=12))
def test_any_text_is_a_number_or_a_usage_error(text: str) -> None:
    with contextlib.suppress(UsageError):
        assert duration(text) >= 0


def test_a_moment_is_ago_or_a_time() -> None:
    assert moment("10m", now=1000.0) == 400.0
    assert moment("1970-01-01T00:01:00Z", now=0.0) == 60.0
    assert moment("1970-01-01T01:01:00+01:00", now=0.0) == 60.0


@pytest.mark.parametrize("word", ["yesterday", "", "2026-13-01T00:00:00Z"])
def test_what_is_no_moment_is_refused(word: str) -> None:
    with pytest.raises(UsageError):
        moment(word, now=0.0)


def test_scales() -> None:
    assert scale(["web=3", "job=0"]) == {"web": 3, "job": 0}


@pytest.mark.parametrize("word", ["web", "web=", "=3", "web=-1", "web=two", "web=1.5", "web=²"])
def test_what_is_no_scale_is_refused(word: str) -> None:
    with pytest.raises(UsageError):
        scale([word])


@pytest.mark.parametrize(
    ("word", "route", "meant"),
    [
        ("web", None, BreakerPlace("web")),
        ("web/web-2", None, BreakerPlace("web", "web-2")),
        (None, "all", BreakerPlace(route="all")),
    ],
)
def test_places(word: str | None, route: str | None, meant: BreakerPlace) -> None:
    assert breaker_place(word, route) == meant


@pytest.mark.parametrize(
    ("word", "route"),
    [("", None), ("/", None), ("/web", None), ("web/", None), ("web/a/b", None), (None, None), ("web", "all")],
)
def test_what_is_no_place(word: str | None, route: str | None) -> None:
    with pytest.raises(UsageError):
        breaker_place(word, route)
