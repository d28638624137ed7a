"""Checks of the project: its file, its state, its secrets, its daemon, its ports."""

from __future__ import annotations

import json
import stat
from collections.abc import AsyncIterator, Iterator
from importlib import metadata
from pathlib import Path

from arena.control.client import connect
from arena.control.messages import DaemonInfo
from arena.errors import ArenaError, ConfigError, NothingRunning
from arena.model.instance import InstanceRow
from arena.model.layout import StateLayout
from arena.model.project import Project
from arena_cli.checkup import port
from arena_cli.checkup.check import Check
from arena_cli.context import Context


async def checks(context: Context) -> AsyncIterator[Check]:
    """Everything about the chosen project, as far as it can be read."""
    project, found = config(context)
    yield found
    try:
        layout = context.layout()
    except ArenaError as error:
        yield Check("state", "not_checked", f"which project this is cannot be told: {error.message}")
        return
    for check in (state(layout), *secrets(layout)):
        yield check
    info, rows = await _ask(layout)
    yield daemon(layout, info)
    if project is None:
        yield Check("ports", "not_checked", "arena.yaml does not say which")
        return
    ours = {row.pid: row.instance for row in rows if row.pid is not None}
    for want in port.wanted(project):
        yield port.check(want, ours)


def config(context: Context) -> tuple[Project | None, Check]:
    """Whether arena.yaml can be used."""
    try:
        project = context.selection.load().project
    except ConfigError as error:
        remedy = "`arena config --check` shows every problem with its line" if error.detail else error.hint
        return None, Check("arena.yaml", "fail", error.message, remedy)
    names = ", ".join(service.name for service in project.services) or "no services yet"
    return project, Check("arena.yaml", "ok", f"project {project.name}: {names}")


def state(layout: StateLayout) -> Check:
    """Whether the state folder is this user's alone."""
    if not layout.root.is_dir():
        return Check("state folder", "not_checked", "there is none yet; `arena up` makes it")
    return _private("state folder", layout.root, 0o700)


def secrets(layout: StateLayout) -> Iterator[Check]:
    """Whether each secret can be read by this user alone."""
    if layout.secrets.is_dir():
        for file in sorted(each for each in layout.secrets.iterdir() if each.suffix != ".lock"):
            yield _private(f"secret {file.name}", file, 0o600)


def daemon(layout: StateLayout, info: DaemonInfo | None) -> Check:
    """Whether a daemon answers, is of this version, or died and left something behind."""
    if info is None:
        if _left_behind(layout):
            return Check(
                "daemon",
                "warn",
                "it died and left instances behind",
                "`arena up` takes them over, `arena down` stops them",
            )
        return Check("daemon", "ok", "not running")
    ours = metadata.version("arena-ops")
    if info.version != ours:
        detail = f"runs version {info.version}, this is {ours}"
        return Check("daemon", "warn", detail, "`arena down`, then `arena up`")
    return Check("daemon", "ok", f"running, pid {info.pid}")


async def _ask(layout: StateLayout) -> tuple[DaemonInfo | None, tuple[InstanceRow, ...]]:
    try:
        async with connect(layout) as arena:
            return await arena.info(), await arena.rows(False)
    except NothingRunning:
        return None, ()


def _private(name: str, path: Path, wanted: int) -> Check:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        return Check(name, "fail", f"others may enter or read {path} (mode {mode:04o})", f"chmod {wanted:o} {path}")
    return Check(name, "ok", f"only you can read {path}")


def _left_behind(layout: StateLayout) -> bool:
    try:
        return bool(json.loads(layout.instances.read_text()))
    except (OSError, ValueError):
        return False
