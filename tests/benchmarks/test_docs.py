"""The published page."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from benchmarks import docs
from benchmarks.result import Result


def test_a_page_and_a_chart_are_written(whole: Result, tmp_path: Path) -> None:
    docs.write(whole, tmp_path / "benchmarks")
    assert sorted(file.name for file in (tmp_path / "benchmarks").iterdir()) == [
        "README.md",
        "result.json",
        "throughput.svg",
    ]


def test_the_page_tells_how_and_where(whole: Result) -> None:
    page = docs.page(whole)
    assert "3 rounds of 2 s each" in page
    assert "| requests a second, Arena ÷ Envoy | 2.2 × | ≥ 2 × | met |" in page
    assert "| arena up -d until all is healthy |  | ≤ 4 s | not measured |" in page
    assert "- arena up -d: not measured: no daemon yet" in page
    assert "| processor | two \\| cores |" in page


def test_every_table_has_as_many_cells_in_each_row(whole: Result) -> None:
    for table in re.findall(r"(?:^\|.*\|\n)+", docs.page(whole), re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1


def test_a_broken_peer_is_published_as_broken(whole: Result) -> None:
    envoy, *rest = whole.entries
    page = docs.page(replace(whole, entries=(replace(envoy, problem="broken: lost log lines"), *rest)))
    assert "- Envoy: broken: lost log lines" in page
    assert "| Envoy 1.0 |" not in page


def test_a_starved_contender_is_marked_without_upsetting_the_markup(whole: Result) -> None:
    envoy, *rest = whole.entries
    starved = replace(envoy, samples=tuple(replace(sample, cpu_seconds=1.0) for sample in envoy.samples))
    page = docs.page(replace(whole, entries=(starved, *rest)))
    assert "| Envoy 1.0 \\* |" in page
    assert "- \\* used less than 95% of its core" in page
