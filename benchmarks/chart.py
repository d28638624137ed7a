"""Requests a second as a bar chart, in SVG."""

from __future__ import annotations

from html import escape

from benchmarks.result import Entry, Result

_WIDTH, _LABEL, _ROW, _BAR = 760, 230, 34, 20
_OURS, _THEIRS, _INK = "#b4530a", "#6b7785", "#4a5560"


def svg(result: Result) -> str:
    """One bar for each contender in the table, longest first; the thin line on each spans its rounds."""
    entries = sorted((entry for entry in result.entries if entry.usable), key=lambda entry: -entry.median("rate"))
    top = max((sample.rate for entry in entries for sample in entry.samples), default=1.0)
    height = 30 + _ROW * len(entries)
    bars = "\n".join(
        _bar(entry, 30 + _ROW * number, (_WIDTH - _LABEL - 90) / top) for number, entry in enumerate(entries)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        f'font-family="system-ui, sans-serif" font-size="13" fill="{_INK}">\n'
        f'<text x="0" y="15">Requests a second on one core, {result.connections} connections, {result.at} UTC</text>\n'
        f"{bars}\n</svg>\n"
    )


def _bar(entry: Entry, y: int, scale: float) -> str:
    rates = [sample.rate for sample in entry.samples]
    middle, length = y + _BAR / 2, entry.median("rate") * scale
    low, high = _LABEL + min(rates) * scale, _LABEL + max(rates) * scale
    colour = _OURS if entry.name.startswith("arena") else _THEIRS
    return (
        f'<text x="{_LABEL - 10}" y="{middle + 5:.0f}" text-anchor="end">{escape(f"{entry.title} {entry.version}")}</text>'
        f'<rect x="{_LABEL}" y="{y}" width="{length:.1f}" height="{_BAR}" rx="2" fill="{colour}"/>'
        f'<path d="M{low:.1f} {middle}H{high:.1f}" stroke="{_INK}"/>'
        f'<text x="{high + 8:.1f}" y="{middle + 5:.0f}">{entry.median("rate"):,.0f}</text>'
    )
