"""wrk: a fixed number of keep-alive connections, each sending its next request as soon as the reply is in."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks.pin import pinned
from benchmarks.process import Broken

CONNECTIONS = 32
_PATIENCE = 20  # seconds; wrk's own 2 are less than the slowest contender may take
_UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}


@dataclass(frozen=True, slots=True)
class Load:
    """What one wrk run saw. Times in milliseconds; `rate` in requests a second; `failed` are replies outside 2xx and 3xx,
    `broken` are connections refused, cut or timed out.

    wrk measures from sending a request, so a stall delays the requests behind it unseen: read p99 as a comparison.
    """

    requests: int
    seconds: float
    p50: float
    p99: float
    failed: int = 0
    broken: int = 0

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


def missing() -> str:
    """What to do about wrk, or ''."""
    return "" if shutil.which("wrk") else "wrk is not installed: apt-get install wrk"


def run(
    url: str, token: str, seconds: float, core: int, *, script: Path | None = None, connections: int = CONNECTIONS
) -> Load:
    """Load `url` from `core` for `seconds`, as the Lua in `script` says. Raises Broken when a single request failed."""
    command = [
        "wrk",
        "-t1",
        f"-c{connections}",
        f"-d{seconds:g}s",
        "--latency",
        *("--timeout", f"{_PATIENCE}s"),
        *("-H", f"Authorization: Bearer {token}"),
        *(("-s", str(script)) if script else ()),
        url,
    ]
    with pinned(core):
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 2 * _PATIENCE, check=False)
    if done.returncode != 0:
        raise Broken(f"wrk failed: {done.stderr.strip() or done.stdout.strip()}")
    load = parse(done.stdout)
    if load.failed or load.broken:
        raise Broken(
            f"{load.failed} replies were not 2xx and {load.broken} connections broke, of {load.requests} requests"
        )
    return load


def parse(text: str) -> Load:
    """Read what `wrk --latency` prints. Raises ValueError when it is anything else."""
    total = re.search(r"(\d+) requests in ([\d.]+)(us|ms|s|m),", text)
    if total is None:
        raise ValueError(f"this is not wrk's output: {text[:200]!r}")
    return Load(
        requests=int(total[1]),
        seconds=_milliseconds(total[2], total[3]) / 1e3,
        p50=_percentile(text, 50),
        p99=_percentile(text, 99),
        failed=sum(map(int, re.findall(r"Non-2xx or 3xx responses: (\d+)", text))),
        broken=sum(map(int, re.findall(r"(?:connect|read|write|timeout) (\d+)", text))),
    )


def _percentile(text: str, percent: int) -> float:
    found = re.search(rf"^\s*{percent}%\s+([\d.]+)(us|ms|s|m)\s*$", text, re.MULTILINE)
    if found is None:
        raise ValueError(f"wrk printed no {percent}th percentile")
    return _milliseconds(found[1], found[2])


def _milliseconds(number: str, unit: str) -> float:
    return float(number) * _UNITS[unit]
