"""A result as a table for the terminal."""

from __future__ import annotations

from benchmarks.bars import BARS, Bar
from benchmarks.result import Entry, Figure, Result, ratio

HEAD = ("", "req/s", "req/core-s", "core used", "p50 ms", "p99 ms", "RSS MB", "Arena ÷ it", "by core-s")
BUSY = 0.95  # below this share of its core, a proxy was not what limited the figure


def text(result: Result) -> str:
    """The whole report, lines under 120 columns wherever the machine's description is."""
    parts = [
        f"Arena benchmarks, {result.at} UTC: wrk, {result.connections} keep-alive connections, "
        f"median of {result.rounds} rounds of {result.seconds} s",
        "\n".join(f"  {name:<10} {value}" for name, value in result.machine.items()),
    ]
    if rows := [row(result, entry) for entry in result.entries if entry.usable]:
        parts.append(_align([HEAD, *rows]))
    parts += [_figures(name, figures) for name, figures in groups(result)]
    parts += [notes] if (notes := "\n".join(problems(result) + caveats(result))) else []
    parts.append("\n".join(bar_line(bar, result) for bar in BARS))
    return "\n\n".join(parts)


def row(result: Result, entry: Entry) -> tuple[str, ...]:
    """One contender's cells, under HEAD."""
    return (
        f"{entry.title} {entry.version}" + ("" if entry.name == "origin" or entry.median("busy") >= BUSY else " *"),
        f"{entry.median('rate'):,.0f}",
        f"{entry.median('rate_per_core'):,.0f}",
        f"{entry.median('busy'):.0%}",
        f"{entry.median('p50'):.2f}",
        f"{entry.median('p99'):.2f}",
        f"{entry.rss_bytes / 1e6:.0f}",
        _against(result, entry, "rate"),
        _against(result, entry, "rate_per_core"),
    )


def _against(result: Result, entry: Entry, figure: str) -> str:
    found = None if entry.name == entry.against else ratio(result, entry.against, entry.name, figure)
    return "" if found is None else f"{found:.2f} ×"


def problems(result: Result) -> list[str]:
    """What is not in the table, and why."""
    lines = [f"{entry.title}: {entry.problem}" for entry in result.entries if entry.problem]
    return lines + [f"{figure.name}: {figure.note}" for figure in result.figures if figure.value is None]


def caveats(result: Result) -> list[str]:
    """What the reader of this very run has to know."""
    usable = [entry for entry in result.entries if entry.usable and entry.name != "origin"]
    if any(entry.median("busy") < BUSY for entry in usable):
        return [f"* used less than {BUSY:.0%} of its core: the load, or a neighbour on this machine, held it back"]
    return []


def groups(result: Result) -> list[tuple[str, list[Figure]]]:
    """What was measured beside throughput, by group; what could not be measured is in `problems`."""
    found: dict[str, list[Figure]] = {}
    for figure in result.figures:
        if figure.value is not None:
            found.setdefault(figure.group, []).append(figure)
    return list(found.items())


def value(figure: Figure) -> str:
    """`1.25 ms`, '' for what was not measured."""
    if figure.value is None:
        return ""
    number = f"{figure.value:,.0f}" if abs(figure.value) >= 1000 else f"{figure.value:.3g}"
    return f"{number} {figure.unit}".strip()


def _figures(name: str, figures: list[Figure]) -> str:
    lines = [f"  {figure.name:<42} {value(figure):>12}   {figure.note}" for figure in figures]
    return "\n".join([f"  {name}:", *lines] if name else lines)


def bar_line(bar: Bar, result: Result) -> str:
    """`met   arena --help   93 ms   (bar ≤ 150 ms)`."""
    value = bar.measure(result)
    shown = "" if value is None else f"{value:.3g} {bar.unit}"
    return f"  {bar.state(result):<13} {bar.what:<50} {shown:>9}   (bar {bar.promise})"


def _align(rows: list[tuple[str, ...]]) -> str:
    widths = [max(len(cells[column]) for cells in rows) for column in range(len(HEAD))]
    return "\n".join(
        "  "
        + "  ".join(
            f"{cell:<{width}}" if column == 0 else f"{cell:>{width}}"
            for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        for cells in rows
    )
