"""What each filter costs, and what a request holds: measured on the data plane without its sockets (`benchmarks.plane`)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.pin import Cores, pinned
from benchmarks.plane import EVERYTHING, NOTHING, VARIANTS
from benchmarks.result import Figure

GROUP = "A request inside the gateway"
_NAME = "our code's time of a request"


def measure(folder: Path, cores: Cores) -> tuple[Figure, ...]:
    """Microseconds of processor time in our own code, system calls and event loop left out, and memory blocks. Metrics, request
    ids and trace ids cannot be switched off: they are in every figure."""
    place = folder / "plane"
    place.mkdir()
    with pinned(cores.proxy):  # in a process of its own, so that nothing else is in its memory
        command = (sys.executable, "-m", "benchmarks.plane", str(place))
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode != 0:
        return (Figure(_NAME, None, "µs", f"not measured: {done.stderr.strip()[-200:]}", GROUP),)
    return _figures(json.loads(done.stdout))


def _figures(found: dict[str, Any]) -> tuple[Figure, ...]:
    times = found["microseconds"]
    rows = [
        Figure(
            f"{_NAME}, everything on",
            times[EVERYTHING],
            "µs",
            "JWT, roles, who asks, limit, breaker, metrics, ids, log",
            GROUP,
        ),
        Figure(f"{_NAME}, nothing on its route", times[NOTHING], "µs", "metrics and ids", GROUP),
    ]
    for name, variant in VARIANTS.items():
        if name not in (EVERYTHING, NOTHING):
            base = "nothing" if variant.beside == NOTHING else f"“{variant.beside}”"
            rows.append(Figure(f"+ {name}", times[name] - times[variant.beside], "µs", f"more than with {base}", GROUP))
    held = "given out by Python's allocator from its head to its reply; it counts no allocations"
    rows.append(Figure("memory blocks of a request under way", found["blocks"], "", held, GROUP))
    rows.append(
        Figure("memory blocks left behind", found["left"], "", f"by each of {found['requests']:,} requests", GROUP)
    )
    return tuple(rows)
