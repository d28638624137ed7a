"""Which project is meant: found without reading all of arena.yaml, so that `ps` is quick and `down` works on a broken file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from arena.errors import ConfigError

if TYPE_CHECKING:
    from arena.config import Loaded
    from arena.model.layout import StateLayout

_PLAIN_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")  # anything else is left to arena.config to refuse or to work out
_NAME_LINE = re.compile(r"^(?:name|[\"']name[\"'])\s*:(.*)$", re.MULTILINE)
_NAME_VALUE = re.compile(r"\s+(['\"]?)([a-z0-9_-]+)\1\s*(?:#.*)?")


@dataclass(frozen=True, slots=True)
class Selection:
    """The options before the command that choose a project, as typed. Paths are relative to the working directory."""

    files: tuple[str, ...] = ()
    name: str = ""
    profiles: tuple[str, ...] = ()
    env_files: tuple[str, ...] = ()
    directory: str = ""

    def load(self) -> Loaded:
        """Read and check the whole project. Raises ConfigError with every problem."""
        from arena import config

        return config.load_with_notes(
            _absolute(self.files),
            directory=Path(self.directory).absolute(),
            name=self.name or None,
            profiles=self.profiles,
            env_files=_absolute(self.env_files),
        )

    def paths(self) -> tuple[Path, ...]:
        """The files that `load` would read. Raises ConfigError when there is none."""
        from arena.config import discovery

        return discovery.find(_absolute(self.files), Path(self.directory).absolute())

    def layout(self) -> StateLayout:
        """Where the project keeps its state: what runs can be stopped when its arena.yaml is gone. Raises ConfigError when
        it cannot be told which project is meant."""
        from arena.model.layout import StateLayout

        try:
            paths = self.paths()
        except ConfigError as missing:
            return self._remembered(missing)
        folder = paths[0].parent
        name = self.name if _PLAIN_NAME.fullmatch(self.name) else self._skim(paths)
        return StateLayout.of(folder, name or self._read(folder))

    def _remembered(self, missing: ConfigError) -> StateLayout:
        """Without a file: the project that runs (or whose daemon died) in the nearest folder that has one; with a name, the
        one whose state is there."""
        from arena.model.layout import StateLayout

        start = Path(self.directory).resolve()
        for folder in (start, *start.parents):
            known = self._known(folder)
            if len(known) == 1:
                return StateLayout.of(folder, known[0])
            if known:
                told = f"{missing.message}, and several projects are up in {folder}: {', '.join(known)}"
                raise ConfigError(told, hint="choose one with -p NAME") from missing
        raise missing

    def _known(self, folder: Path) -> list[str]:
        if not self.name:
            return known_in(folder)
        there = _PLAIN_NAME.fullmatch(self.name) and (folder / ".arena" / self.name).is_dir()
        return [self.name] if there else []

    def _skim(self, paths: Sequence[Path]) -> str:
        """The name if a glance at the files is enough to tell it, else ""."""
        if self.name:
            return ""
        try:
            lines = [line for path in paths for line in _NAME_LINE.findall(path.read_text(encoding="utf-8-sig"))]
        except (OSError, UnicodeDecodeError):
            return ""
        match = _NAME_VALUE.fullmatch(lines[-1]) if lines else None
        return match[2] if match and _PLAIN_NAME.fullmatch(match[2]) else ""

    def _read(self, folder: Path) -> str:
        """The name after reading everything; if that fails, the one project that has been up in `folder`."""
        try:
            return self.load().project.name
        except ConfigError:
            known = known_in(folder)
            if self.name or len(known) != 1:
                raise
            return known[0]


def known_in(folder: Path) -> list[str]:
    """The names of the projects that were brought up in `folder` and not taken down."""
    return sorted(path.parent.name for path in folder.glob(".arena/*/desired.json"))


def _absolute(words: Sequence[str]) -> list[Path]:
    return [Path(word).absolute() for word in words]
