"""Where this ran, and with which tools."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path

import psutil

from benchmarks.contenders.base import first_line
from benchmarks.pin import Cores


def describe(cores: Cores) -> dict[str, str]:
    """A few words on everything a figure depends on. `load` is the machine's own before the run began."""
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "cores": _cores(cores),
        "load": f"{os.getloadavg()[0]:.2f} before the run",
        "python": platform.python_version(),
        "uvloop": importlib.metadata.version("uvloop"),
        "httptools": importlib.metadata.version("httptools"),
        "wrk": first_line("wrk", "-v").removeprefix("wrk ").split(" [")[0],
        "commit": _commit(),
    }


def _cores(cores: Cores) -> str:
    if cores.shared:
        return f"everything on core {cores.proxy}: there is no other"
    return f"the proxy alone on core {cores.proxy}, wrk and the origin on core {cores.load}"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def _commit() -> str:
    """The commit measured, marked when the tree differs from it. Empty outside a git checkout."""
    here = Path(__file__).parent
    command = ["git", "-C", str(here), "describe", "--always", "--dirty", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=20).stdout.strip()
    except OSError:  # no git on this machine
        return ""
