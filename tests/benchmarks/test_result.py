"""Medians and ratios."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.result import Result, Sample, as_json, ratio, save


def test_a_sample_knows_its_rates() -> None:
    sample = Sample(requests=9000, seconds=3.0, p50=1.0, p99=2.0, cpu_seconds=1.5)
    assert (sample.rate, sample.busy, sample.rate_per_core) == (3000.0, 0.5, 6000.0)


def test_a_ratio_is_the_median_of_the_rounds_own_ratios(whole: Result) -> None:
    assert ratio(whole, "arena", "envoy") == pytest.approx(2.2)  # of 2.0, 3.0 and 2.2; of medians it would be 2.0
    assert ratio(whole, "arena", "envoy", "p99") == pytest.approx(0.5)


def test_there_is_no_ratio_against_the_absent(whole: Result) -> None:
    assert ratio(whole, "arena", "nginx") is None


def test_a_broken_contender_is_not_compared_even_with_samples(whole: Result) -> None:
    envoy, *rest = whole.entries
    spoilt = replace(whole, entries=(replace(envoy, problem="broken: lost log lines"), *rest))
    assert spoilt.entry("envoy") is None
    assert ratio(spoilt, "arena", "envoy") is None


def test_a_result_is_kept_as_json_under_its_date(whole: Result, tmp_path: Path) -> None:
    file = save(whole, tmp_path / "results")
    assert file.name == "2026-01-02T030405.json"
    assert json.loads(file.read_text()) == json.loads(as_json(whole))
    assert json.loads(file.read_text())["entries"][0]["samples"][1]["requests"] == 10_000
