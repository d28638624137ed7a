"""Where this ran, and with which tools."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
import sys
import sysconfig
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
        "python": _python(),
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


def _python() -> str:
    """The interpreter and how it was optimised, which moves all of Arena's figures by a tenth and more: with a profile (PGO)
    and across files (LTO). Distributions do both without a word in what the build leaves behind (sysconfig)."""
    told = " ".join(str(sysconfig.get_config_var(name)) for name in ("CONFIG_ARGS", "PY_CFLAGS_NODIST"))
    marks = {"PGO": ("--enable-optimizations", "-fprofile-use", "-fprofile-instr-use"), "LTO": ("--with-lto", "-flto")}
    optimised = [name for name, flags in marks.items() if any(flag in told for flag in flags)]
    if optimised:
        build = f"built with {' and '.join(optimised)}"
    elif sys.base_prefix == "/usr":
        build = "as the distribution built it"
    else:
        build = "built with neither PGO nor LTO"
    return f"{platform.python_implementation()} {platform.python_version()}, {build} ({platform.python_compiler()})"


def _commit() -> str:
    """The commit measured, marked when the tree differs from it. Empty outside a git checkout."""
    here = Path(__file__).parent
    command = ["git", "-C", str(here), "describe", "--always", "--dirty", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=20).stdout.strip()
    except OSError:  # no git on this machine
        return ""
