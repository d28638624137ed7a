"""`python -m benchmarks`: measure, print, keep the result."""

from __future__ import annotations

import argparse
import datetime
import signal
import sys
import tempfile
from pathlib import Path

from benchmarks import docs, load, machine, pin, report, rounds
from benchmarks.contenders.roster import ROSTER
from benchmarks.measures.roster import MEASURES
from benchmarks.result import Figure, Result, as_json, save

_HERE = Path(__file__).parent
_DOCS = _HERE.parent / "docs" / "benchmarks"
_THROUGHPUT = "throughput"


def main() -> int:
    """0 when everything ran, 1 when a contender was broken, 2 when nothing can be measured. Bars decide nothing."""
    options = _parser().parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    if remedy := load.missing():
        print(remedy, file=sys.stderr)
        return 2
    try:
        result = _measure(options)
    except KeyboardInterrupt:
        return 130
    print(as_json(result) if options.json else report.text(result))
    _say(f"written to {save(result, _HERE / 'results')}")
    if options.write_docs:
        docs.write(result, _DOCS)
        _say(f"written to {_DOCS}")
    return int(any(entry.problem.startswith("broken") for entry in result.entries))


def _measure(options: argparse.Namespace) -> Result:
    cores = pin.choose()
    every = _wanted(_THROUGHPUT, options.only)
    roster = tuple(contender for contender in ROSTER if every or contender.name in options.only)
    about = machine.describe(cores)
    with tempfile.TemporaryDirectory(prefix="arena-bench-") as name:
        folder = Path(name)
        figures = _figures(folder, cores, options.only)
        pace = rounds.Pace(options.seconds, options.rounds)
        entries = rounds.measure(roster, folder, cores, pace, _say) if roster else ()
    now = datetime.datetime.now(datetime.UTC)
    return Result(
        at=now.strftime("%Y-%m-%d %H:%M:%S"),
        machine=about,
        seconds=options.seconds,
        rounds=options.rounds,
        connections=load.CONNECTIONS,
        entries=entries,
        figures=figures,
    )


def _figures(folder: Path, cores: pin.Cores, only: tuple[str, ...]) -> tuple[Figure, ...]:
    figures: list[Figure] = []
    for name, measure in MEASURES.items():
        if _wanted(name, only):
            found = measure(folder, cores)
            figures += found
            for figure in found:
                _say(f"{figure.name}: {report.value(figure) or figure.note}")
    return tuple(figures)


def _wanted(name: str, only: tuple[str, ...]) -> bool:
    return not only or name in only


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _names(text: str) -> tuple[str, ...]:
    known = (_THROUGHPUT, *MEASURES, *(contender.name for contender in ROSTER))
    names = tuple(text.split(","))
    for name in names:
        if name not in known:
            raise argparse.ArgumentTypeError(f"{name!r} is not one of {', '.join(known)}")
    return names


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=main.__doc__, allow_abbrev=False)
    parser.add_argument(
        "--only",
        type=_names,
        default=(),
        metavar="NAME,...",
        help=f"these parts alone: {_THROUGHPUT} (or some contenders by name), {', '.join(MEASURES)}",
    )
    parser.add_argument("--seconds", type=_positive, default=3, help="length of each sample (3)")
    parser.add_argument("--rounds", type=_positive, default=5, help="samples of each contender (5)")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument("--write-docs", action="store_true", help="publish this run in docs/benchmarks")
    return parser


if __name__ == "__main__":
    sys.exit(main())
