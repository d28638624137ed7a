"""A YAML document as values that remember where they stand.

Scalars stay text until the key they belong to says what they are, so `VERSION: 1.10` keeps its zero and `restart: no` is
the word "no". Only null is told apart: `text` None.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A file's text; `label` is its path as people read it."""

    label: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a source; line and column count from 1."""

    source: Source
    line: int
    column: int

    @property
    def text(self) -> str:
        """The whole line the mark points into, '' when there is none."""
        return self.source.lines[self.line - 1] if 0 < self.line <= len(self.source.lines) else ""

    def seek(self, fragment: str) -> Mark:
        """The place of `fragment` on the same line at or after this mark, or this mark when it is not there."""
        column = self.text.find(fragment, self.column - 1)
        return self if column < 0 else Mark(self.source, self.line, column + 1)


@dataclass(frozen=True, slots=True)
class Scalar:
    mark: Mark
    text: str | None


@dataclass(frozen=True, slots=True)
class Sequence:
    mark: Mark
    items: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A value of a mapping; `mark` is its key's place."""

    mark: Mark
    node: Node


@dataclass(frozen=True, slots=True)
class Mapping:
    mark: Mark
    entries: dict[str, Entry] = field(default_factory=dict)


Node = Scalar | Sequence | Mapping


def plain(node: Node) -> Any:
    """The node as dicts, lists, str and None."""
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {key: plain(entry.node) for key, entry in node.entries.items()}


def locate(root: Node, path: Path, *, key: bool = False) -> Mark:
    """Where `path` stands: its value, or its key if `key`; the nearest enclosing place when the path goes deeper than
    the file does, as it may where a short form was written."""
    mark, node = root.mark, root
    for part in path:
        found = _step(node, part)
        if found is None:
            return mark
        mark, node = (found.mark if key else _value_mark(found)), found.node
    return mark


def written(root: Node, path: Path) -> Path:
    """`path` without what the file does not say: the index or the key that a short form, such as a word for a list of one,
    stands for."""
    node = root
    for depth, part in enumerate(path):
        if isinstance(node, Scalar):
            return path if node.text is None else path[:depth]
        found = _step(node, part)
        if found is None:
            return path
        node = found.node
    return path


def _step(node: Node, part: str | int) -> Entry | None:
    if isinstance(node, Mapping):
        return node.entries.get(str(part))
    if isinstance(node, Sequence):
        found = _item(node, part)
        return None if found is None else Entry(found.mark, found)
    return None


def _item(node: Sequence, part: str | int) -> Node | None:
    """An item by index, or by the name it starts with: `KEY=value` and `name` are the short forms of mappings."""
    if isinstance(part, int):
        return node.items[part] if part < len(node.items) else None
    named = (item for item in node.items if isinstance(item, Scalar) and (item.text or "").partition("=")[0] == part)
    return next(named, None)


def _value_mark(entry: Entry) -> Mark:
    """A block collection starts on a line of its own, where its first key is; its own key says more."""
    block = not isinstance(entry.node, Scalar) and entry.node.mark.line != entry.mark.line
    return entry.mark if block else entry.node.mark


def dotted(path: Path) -> str:
    """`("services", "web", "routes", 0)` as `services.web.routes[0]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".")
