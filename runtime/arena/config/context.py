"""What the steps after the schema share while one project is read."""

from __future__ import annotations

from collections.abc import Mapping as EnvMapping
from dataclasses import dataclass
from pathlib import Path as FilePath

from arena.config.document.service import ProjectFile
from arena.config.report import Report
from arena.config.tree import Mapping, Node, Path, locate, written
from arena.config.validate import Checked


@dataclass(frozen=True, slots=True)
class Reading:
    """`root` is the merged tree, `directory` the folder of the first file, `env` what references are filled from,
    `base` the folder that paths in messages are relative to."""

    root: Mapping
    checked: Checked[ProjectFile]
    report: Report
    directory: FilePath
    base: FilePath
    env: EnvMapping[str, str]

    @property
    def document(self) -> ProjectFile:
        return self.checked.document

    def problem(self, path: Path, message: str, hint: str = "", *, key: bool = False) -> None:
        """Report a mistake at `path`, or at its key."""
        self.report.problem(locate(self.root, path, key=key), written(self.root, path), message, hint)

    def note(self, path: Path, message: str, hint: str = "") -> None:
        self.report.note(locate(self.root, path), written(self.root, path), message, hint)

    def says(self, *path: str) -> bool:
        """Whether the files hold a value at `path` (an empty one counts as not written)."""
        node = self._node(path)
        return node is not None and getattr(node, "text", "something") is not None

    def words(self, *path: str) -> str:
        """The text at `path`; "" where there is none, or a list or a mapping."""
        return getattr(self._node(path), "text", None) or ""

    def _node(self, path: tuple[str, ...]) -> Node | None:
        node: Node = self.root
        for part in path:
            entry = node.entries.get(part) if isinstance(node, Mapping) else None
            if entry is None:
                return None
            node = entry.node
        return node
