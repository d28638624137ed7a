"""How long a person waits: for `arena --help`, and for `arena up -d` of the demo project."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import psutil

from benchmarks.pin import Cores
from benchmarks.process import Broken, free_port
from benchmarks.result import Figure

HELP = "arena --help"
UP = "arena up -d"
_ROOT = Path(__file__).resolve().parents[2]
_ARENA = Path(sys.executable).parent / "arena"
_HELP_RUNS = 10
_UP_RUNS = 3


def measure_help(folder: Path, cores: Cores) -> tuple[Figure, ...]:  # noqa: ARG001  # every measure is called alike
    """Median wall time of `arena --help`, in milliseconds."""
    try:
        _arena(_ROOT, "--help")  # a first run may still compile
        took = median(_arena(_ROOT, "--help")[0] for _ in range(_HELP_RUNS))
        return (Figure(HELP, took * 1e3, "ms", f"median of {_HELP_RUNS}"),)
    except Broken as error:
        return (Figure(HELP, None, "ms", f"not measured: {error}"),)


def measure_up(folder: Path, cores: Cores) -> tuple[Figure, ...]:  # noqa: ARG001  # likewise
    """Median wall time, in seconds, until `arena up -d` returns with everything healthy, in a copy of the demo project."""
    try:
        project = _copy_demo(folder / "demo")
        times = [_up_and_down(project) for _ in range(_UP_RUNS)]
    except Broken as error:
        return (Figure(UP, None, "s", f"not measured: {error}"),)
    return (Figure(UP, median(times), "s", "each of " + ", ".join(f"{seconds:.2f}" for seconds in times)),)


def _up_and_down(project: Path) -> float:
    with _cleaned(project):
        seconds, _ = _arena(project, "up", "-d")
        pids = _pids(project)
        _arena(project, "down")
    left = [pid for pid in pids if psutil.pid_exists(pid)]
    if left:
        raise Broken(f"`arena down` left running: {left}")
    return seconds


@contextlib.contextmanager
def _cleaned(project: Path) -> Iterator[None]:
    """Bring the project down again when the measure failed, or was stopped, halfway."""
    try:
        yield
    except BaseException:
        with contextlib.suppress(Broken):
            _arena(project, "down")
        raise


def _copy_demo(project: Path) -> Path:
    """The committed demo project, on ports of its own. Raises Broken when there is none."""
    if not (_ROOT / "arena.yaml").exists():
        raise Broken("there is no arena.yaml in this tree")
    project.mkdir()
    shutil.copy(_ROOT / "arena.yaml", project)
    shutil.copytree(_ROOT / "services", project / "services", ignore=shutil.ignore_patterns("__pycache__", ".*"))
    override = {"gateway": {"port": free_port()}, "registry": {"port": free_port()}}
    (project / "arena.override.yaml").write_text(json.dumps(override) + "\n")  # JSON is YAML
    return project


def _pids(project: Path) -> list[int]:
    """Of everything that runs. Raises Broken when nothing does: a start that started nothing is not quick."""
    rows = json.loads(_arena(project, "ps", "-o", "json")[1])
    pids = [row["pid"] for row in rows if row.get("pid")]
    if not pids:
        raise Broken("`arena up -d` ended well but `arena ps` shows no process")
    return pids


def _arena(directory: Path, *words: str) -> tuple[float, str]:
    """Run the installed command there; wall seconds and its stdout. Raises Broken, quoting it, when it fails."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("ARENA_", "PYTHON"))}
    began = time.perf_counter()
    try:
        done = subprocess.run(
            [_ARENA, *words],
            cwd=directory,
            env=clean,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Broken(f"`arena {' '.join(words)}`: {error}") from error
    seconds = time.perf_counter() - began
    if done.returncode != 0:
        last = " / ".join((done.stderr or done.stdout).strip().splitlines()[-3:])
        raise Broken(f"`arena {' '.join(words)}` ended with code {done.returncode}: {last}")
    return seconds, done.stdout
