"""Files to a Project. The heavy libraries are imported when the first file is read, not before."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping as EnvMapping
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from arena.config import discovery
from arena.config.problem import Problem
from arena.config.report import Report
from arena.config.starter import project_name
from arena.model.project import Project

if TYPE_CHECKING:
    from arena.config.context import Reading
    from arena.config.tree import Mapping

_PROJECT_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A project, and the warnings that came with it: what the user should know and may ignore."""

    project: Project
    notes: tuple[Problem, ...] = ()


def load(
    files: Sequence[Path] = (),
    *,
    directory: Path | None = None,
    name: str | None = None,
    profiles: Sequence[str] = (),
    env: EnvMapping[str, str] | None = None,
    env_files: Sequence[Path] = (),
) -> Project:
    """Read and check a project.

    `files`: later ones override; empty means the nearest arena.yaml at or above `directory` (default: the current one) with
    arena.override.yaml beside it. `name` and `profiles` are what the command line said. References are filled from `env`
    (default: the process's own), then from `env_files`, or the `.env` beside the first file when there are none.
    Raises ConfigError: there is no file; and its subclass ConfigInvalid, holding every problem at once.
    """
    return load_with_notes(
        files, directory=directory, name=name, profiles=profiles, env=env, env_files=env_files
    ).project


def load_with_notes(
    files: Sequence[Path] = (),
    *,
    directory: Path | None = None,
    name: str | None = None,
    profiles: Sequence[str] = (),
    env: EnvMapping[str, str] | None = None,
    env_files: Sequence[Path] = (),
) -> Loaded:
    """As `load`, with the warnings."""
    base = (directory or Path.cwd()).resolve()
    paths = discovery.find(files, base)
    report = Report()
    variables = _variables(base, paths[0].parent, os.environ if env is None else env, env_files, report)
    root = _tree(paths, base, variables, report)
    if root is None:
        report.settle()
        raise AssertionError("no file could be read, and nothing was reported")
    reading = _reading(root, report, paths[0].parent, base, variables)
    project = _project(reading, paths, name, profiles)
    report.settle()
    return Loaded(project, tuple(report.notes))


def _variables(
    base: Path, folder: Path, env: EnvMapping[str, str], env_files: Sequence[Path], report: Report
) -> dict[str, str]:
    from arena.config import envfile

    files = [(base / file).absolute() for file in env_files]
    if not files and discovery.is_file(folder / ".env"):
        files = [folder / ".env"]
    found: dict[str, str] = {}
    for file in files:
        label = discovery.label(file, base)
        found.update(envfile.parse(label, discovery.read(file, label, report) or "", {**found, **env}, report))
    return {**found, **env}


def _tree(paths: Sequence[Path], base: Path, env: EnvMapping[str, str], report: Report) -> Mapping | None:
    """All files as one filled tree; None when nothing sound could be read (a problem is reported)."""
    from arena.config.merge import merge
    from arena.config.tree import Mapping

    root: Mapping | None = None
    for path in paths:
        label = discovery.label(path, base)
        text = discovery.read(path, label, report)
        node = None if text is None else _parsed(label, text, env, report, empty_is_fine=root is not None)
        if node is not None:
            merged = node if root is None else merge(root, node)
            assert isinstance(merged, Mapping)
            root = merged
    return root


def _parsed(label: str, text: str, env: EnvMapping[str, str], report: Report, *, empty_is_fine: bool) -> Mapping | None:
    from arena.config.expansion import fill
    from arena.config.parse import parse
    from arena.config.tree import Mapping

    before = len(report.problems)
    node = parse(label, text, report)
    if node is None:
        if len(report.problems) == before and not empty_is_fine:
            report.problem(None, (), f"{label} is empty", "run `arena init` in an empty folder for an example")
        return None
    if not isinstance(node, Mapping):
        report.problem(node.mark, (), "should be a mapping (key: value lines), such as services:")
        return None
    filled = fill(node, env, report)
    assert isinstance(filled, Mapping)
    return filled


def _reading(root: Mapping, report: Report, directory: Path, base: Path, env: EnvMapping[str, str]) -> Reading:
    from arena.config.context import Reading
    from arena.config.document.service import ProjectFile
    from arena.config.validate import validate

    return Reading(root, validate(ProjectFile, root, report), report, directory, base, env)


def _project(reading: Reading, paths: Sequence[Path], name: str | None, profiles: Sequence[str]) -> Project:
    from arena.config.check import check
    from arena.config.component import gateway, registry
    from arena.config.profile import active
    from arena.config.role import roles
    from arena.config.service import service
    from arena.config.state import state, together

    project = Project(
        name=_name(reading, name),
        directory=str(reading.directory),
        files=tuple(map(str, paths)),
        gateway=gateway(reading),
        registry=registry(reading),
        state=state(reading),
        roles=roles(reading),
        services=tuple(service(reading, key, section) for key, section in active(reading, profiles).items()),
    )
    check(reading, project)
    return together(project)


def _name(reading: Reading, given: str | None) -> str:
    """The command line's name, the file's, or the folder's brought into shape."""
    hint = "use lower-case letters, digits, dashes and underscores, up to 63"
    if given is not None:
        if not _PROJECT_NAME.fullmatch(given):
            reading.report.problem(None, (), f"{given!r:.60} is not a name for a project", hint)
        return given
    name = reading.document.name
    if name is not None:
        if not _PROJECT_NAME.fullmatch(name):
            reading.problem(("name",), f"{name!r:.60} is not a name for a project", hint)
        return name
    return project_name(reading.directory.name)
