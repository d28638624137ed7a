"""Finds and reads the files of a project."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from arena.config.report import Report
from arena.errors import ConfigError

NAMES = ("arena.yaml", "arena.yml")
OVERRIDES = ("arena.override.yaml", "arena.override.yml")
MAX_BYTES = 1024 * 1024


def find(files: Sequence[Path], directory: Path) -> tuple[Path, ...]:
    """The files to read, absolute and in order. Without `files`: the nearest arena.yaml at or above `directory`, and
    arena.override.yaml beside it. Raises ConfigError when there is none."""
    if files:
        return tuple(_settled(directory / file) for file in files)
    start = directory.resolve()
    for folder in (start, *start.parents):
        main = _first(folder, NAMES)
        if main:
            override = _first(folder, OVERRIDES)
            return (main, override) if override else (main,)
    raise ConfigError(
        f"No arena.yaml in {directory} or any folder above it",
        hint="run `arena init` to write one, or name one with -f",
    )


def _first(folder: Path, names: Sequence[str]) -> Path | None:
    return next((folder / name for name in names if is_file(folder / name)), None)


def _settled(file: Path) -> Path:
    """One path for one file, however the folder was reached; a link to the file itself keeps its own folder."""
    return file.parent.resolve() / file.name


def place(directory: Path, text: str) -> Path:
    """A path of arena.yaml, relative to `directory`; `~` is the home folder."""
    return Path(os.path.normpath(directory / os.path.expanduser(text)))  # noqa: PTH111 - Path's raises for ~nobody


def is_file(path: Path) -> bool:
    """False, and never an error, for what cannot even be asked: a forbidden folder, a name too long, a NUL byte."""
    return os.path.isfile(path)  # noqa: PTH113 - as said


def is_folder(path: Path) -> bool:
    """As `is_file`."""
    return os.path.isdir(path)  # noqa: PTH112 - as said


def label(path: Path, directory: Path) -> str:
    """The path as people read it: relative when it is inside `directory`."""
    return str(path.relative_to(directory)) if path.is_relative_to(directory) else str(path)


def read(path: Path, name: str, report: Report) -> str | None:
    """The file's text; None, with a problem reported, when it cannot be read. `name` is how the problem calls it."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            report.problem(None, (), f"{name} is larger than {MAX_BYTES // 1024} kB")
            return None
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        report.problem(None, (), f"{name} is not UTF-8 text (byte {error.start})", "save it as UTF-8")
    except FileNotFoundError:
        report.problem(None, (), f"{name} does not exist", "check the path")
    except (OSError, ValueError) as error:
        report.problem(None, (), f"{name} cannot be read: {getattr(error, 'strerror', error)}")
    return None
