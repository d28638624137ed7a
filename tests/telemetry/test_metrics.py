"""telemetry.metrics: what we write, Prometheus' own parser reads."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from arena.telemetry.metrics import Histogram, Page


def samples(page: Page) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(page.text())
        for sample in family.samples
    }


def test_a_page_reads_back() -> None:
    page = Page()
    page.counter("requests_total", "Requests.", [({"route": "a"}, 3), ({"route": "b"}, 0)])
    page.gauge("in_flight", "Now.", [({}, 2)])
    page.gauge("age_seconds", "Age.", [({}, float("inf")), ({"x": "y"}, 0.25)])
    assert samples(page) == {
        ("requests_total", (("route", "a"),)): 3,
        ("requests_total", (("route", "b"),)): 0,
        ("in_flight", ()): 2,
        ("age_seconds", ()): float("inf"),
        ("age_seconds", (("x", "y"),)): 0.25,
    }


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]) | st.sampled_from('\n"\\')))
def test_any_label_value_reads_back(value: str) -> None:
    page = Page()
    page.gauge("g", 'Back\\slash and\nnew line "quoted".', [({"l": value}, 1)])
    assert samples(page) == {("g", (("l", value),)): 1}


@given(st.lists(st.floats(0, 100)))
def test_buckets_are_cumulative_and_complete(values: list[float]) -> None:
    histogram = Histogram((0.1, 1.0, 10.0))
    for value in values:
        histogram.observe(value)
    page = Page()
    page.histogram("h", "H.", [({}, histogram)])
    read = samples(page)
    for bound in ("0.1", "1", "10"):
        assert read["h_bucket", (("le", bound),)] == sum(value <= float(bound) for value in values)
    assert read["h_bucket", (("le", "+Inf"),)] == read["h_count", ()] == len(values)
    assert abs(read["h_sum", ()] - sum(values)) < 1e-6 * (1 + sum(values))
