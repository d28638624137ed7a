"""The chart is well-formed SVG with the figures in it."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

from benchmarks.chart import svg
from benchmarks.result import Result

SVG = "{http://www.w3.org/2000/svg}"


def test_one_bar_each_longest_first(whole: Result) -> None:
    root = ET.fromstring(svg(whole))
    bars = [float(bar.attrib["width"]) for bar in root.iter(f"{SVG}rect")]
    assert len(bars) == 3
    assert bars == sorted(bars, reverse=True)
    assert bars[0] == bars[2] * 4  # 40,000 beside 10,000
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert texts[1:3] == ["Haproxy 1.0", "40,000"]


def test_names_are_escaped(whole: Result) -> None:
    odd = replace(whole.entries[0], title="<a & b>")
    texts = [text.text for text in ET.fromstring(svg(replace(whole, entries=(odd,)))).iter(f"{SVG}text")]
    assert "<a & b> 1.0" in texts


def test_nothing_measured_is_an_empty_chart(whole: Result) -> None:
    assert not list(ET.fromstring(svg(replace(whole, entries=()))).iter(f"{SVG}rect"))
