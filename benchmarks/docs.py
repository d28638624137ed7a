"""docs/benchmarks: the last run that somebody chose to publish, as a page and a chart."""

from __future__ import annotations

from pathlib import Path

from benchmarks.ask import REPLY
from benchmarks.bars import BARS, Bar
from benchmarks.chart import svg
from benchmarks.report import HEAD, caveats, groups, problems, row, value
from benchmarks.result import Figure, Result, as_json

_HOW = """## How it was measured

`make bench` starts every contender at once, each pinned to one core (`sched_setaffinity`) with wrk and the origin on
another, and loads them in turn: {rounds} rounds of {seconds} s each, after a warm-up of one second. wrk holds {connections}
keep-alive connections and sends each next request as soon as the reply is in. The origin is nginx answering {bytes} bytes
of JSON.

- *req/s* is the median of the rounds. *Arena ÷ it* is the median of the ratios taken within each round, so that a busy
  minute on the machine hits both sides. Compare ratios from one run; never a figure of one run with another's.
- *req/core-s* divides requests by the processor time the contender itself used, which a neighbour hardly moves; the
  last column is Arena's ratio by that measure.
- Before it is timed, each contender that checks tokens must answer 200 to a good one and 401 to a forged one, an expired one
  and none. Afterwards its access log must hold one JSON line for each request, every request must have reached the origin,
  and over connections that were kept. A contender that fails any of this is reported as broken, not timed.
- One caller, one token: Arena's and Envoy's token caches always hit, and HAProxy, which has none, verifies each time.
- One request, sent again and again: Arena remembers the heads it has read lately by their bytes, and here it always hits.
  The row *new paths* is Arena where no request comes twice, so that nothing it remembers of heads and paths is of use.
- Traefik and Caddy check no token, and Caddy neither limits nor logs: the Arena beside them in *Arena ÷ it* does all it is
  listed with. LiteLLM is compared with Arena passing on the same completion.
- wrk does not correct for coordinated omission: read p99 as a comparison.
- *RSS* is the resident memory when the rounds are over. The memory of an idle connection is what the gateway grew by, divided
  by 10,000 connections that asked once and then kept quiet (and answered again at the end); kernel buffers are not in it.
- How the Python interpreter was built is told under *Where*: without PGO and LTO Arena is slower, and its peers are not.
- `arena up -d` is timed in a copy of the demo project, on a warm install: from the command to the prompt, everything healthy.

The machine is virtual and shared, so the figures move by a tenth and more between runs.
"""


def write(result: Result, folder: Path) -> None:
    """Write README.md, throughput.svg and result.json, from which both are made, into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "README.md").write_text(page(result))
    (folder / "throughput.svg").write_text(svg(result))
    (folder / "result.json").write_text(as_json(result) + "\n")


def page(result: Result) -> str:
    """The page as Markdown."""
    how = _HOW.format(rounds=result.rounds, seconds=result.seconds, connections=result.connections, bytes=len(REPLY))
    parts = [
        "<!-- Written by `python -m benchmarks --write-docs`; do not edit. -->",
        "# Benchmarks",
        f"`make bench` on {result.at} UTC.",
        "![Requests a second](throughput.svg)",
        _table([HEAD, *(row(result, entry) for entry in result.entries if entry.usable)]),
        "\n".join(f"- {_escape(line)}" for line in problems(result) + caveats(result)),
        "## Bars",
        _table([("", "measured", "bar", ""), *(_bar_row(bar, result) for bar in BARS)]),
        *(part for name, figures in groups(result) for part in _group(name, figures)),
        "## What each contender does for every request",
        "\n".join(f"- {entry.title}: {'; '.join(entry.does)}." for entry in result.entries),
        how.strip(),
        "## Where",
        _table([("", ""), *result.machine.items()]),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _group(name: str, figures: list[Figure]) -> tuple[str, str]:
    rows = [(figure.name, value(figure), figure.note) for figure in figures]
    return f"## {name or 'More figures'}", _table([("", "measured", "how"), *rows])


def _bar_row(bar: Bar, result: Result) -> tuple[str, ...]:
    number = bar.measure(result)
    return (bar.what, "" if number is None else f"{number:.3g} {bar.unit}", bar.promise, bar.state(result))


def _table(rows: list[tuple[str, ...]]) -> str:
    head, *body = ["| " + " | ".join(map(_escape, cells)) + " |" for cells in rows]
    rule = "|---" + "|---:" * (len(rows[0]) - 1) + "|"
    return "\n".join([head, rule, *body])


def _escape(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")
