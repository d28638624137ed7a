"""YAML text to a tree, from the parser's events: anchors and merge keys work, nothing is ever constructed.

Scalars follow YAML 1.2 in spirit: `no`, `on` and `12:30` are text. Every mistake is reported with its place. Aliases may
not blow a file up: expansion is bounded (the "billion laughs" attack), and a value cannot contain itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from arena.config.report import Report
from arena.config.tree import Entry, Mapping, Mark, Node, Path, Scalar, Sequence, Source

MAX_NODES = 50_000  # counted after aliases are expanded
MAX_DEPTH = 40

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULLS = ("", "~", "null", "Null", "NULL")
_TAGS = tuple(f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "map", "seq"))


class _Refused(Exception):
    """The file as a whole cannot be read; the problem has been reported."""


def parse(label: str, text: str, report: Report) -> Node | None:
    """Read one document. None when it is empty, or so broken that no tree can be had (then a problem is reported)."""
    source = Source(label, tuple(text.splitlines()))
    try:
        return _Composer(source, report).document(yaml.parse(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = _place(source, mark)
        reason = " ".join(filter(None, (error.problem, error.context)))
        report.problem(place, (), f"is not YAML: {reason}", _hint(place))
    except yaml.YAMLError as error:
        report.problem(Mark(source, 1, 1), (), f"is not YAML: {str(error).splitlines()[0]}")
    except _Refused:
        pass  # reported where it was found
    return None


def _place(source: Source, mark: Any) -> Mark:
    """The parser finds out at the end of the file; the end of the last line is something to look at."""
    if mark is None:
        return Mark(source, 1, 1)
    if mark.line >= len(source.lines) > 0:
        return Mark(source, len(source.lines), len(source.lines[-1]) + 1)
    return Mark(source, mark.line + 1, mark.column + 1)


def _hint(mark: Mark) -> str:
    if re.search(r"[{\[].*\$\{", mark.text[: mark.column]):
        return 'inside { } or [ ], put quotes around what holds a reference: "${VAR}"'
    if "\t" in mark.text[: mark.column]:
        return "indent with spaces; YAML does not allow tabs"
    return "check the indentation, brackets and quotes here and on the line above"


class _Composer:
    def __init__(self, source: Source, report: Report) -> None:
        self._source = source
        self._report = report
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._count = 0
        self._events: Iterator[Any] = iter(())

    def document(self, events: Iterator[Any]) -> Node | None:
        self._events = events
        next(events)  # stream start
        if isinstance(next(events), yaml.StreamEndEvent):
            return None
        root = self._node(next(events), ())
        next(events)  # document end
        extra = next(events)
        if not isinstance(extra, yaml.StreamEndEvent):
            self._report.problem(self._mark(extra), (), "holds a second document", "keep one document per file")
        return None if isinstance(root, Scalar) and root.text is None else root

    def _node(self, event: Any, path: Path) -> Node:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, path)
        before = self._count
        self._grow(1, event, path)
        self._check_tag(event, path)
        node = self._collection_or_scalar(event, path)
        if event.anchor:
            self._anchors[event.anchor] = (node, self._count - before)
        return node

    def _collection_or_scalar(self, event: Any, path: Path) -> Node:
        mark = self._mark(event)
        if isinstance(event, yaml.ScalarEvent):
            null = event.implicit[0] and event.value in _NULLS
            return Scalar(mark, None if null else event.value)
        if len(path) >= MAX_DEPTH:
            self._report.problem(mark, path[:5], f"is nested more than {MAX_DEPTH} levels deep")
            raise _Refused
        if isinstance(event, yaml.SequenceStartEvent):
            return Sequence(mark, tuple(self._items(path)))
        return self._mapping(mark, path)

    def _items(self, path: Path) -> Iterator[Node]:
        index = 0
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            yield self._node(event, (*path, index))
            index += 1

    def _mapping(self, mark: Mark, path: Path) -> Mapping:
        entries: dict[str, Entry] = {}
        merged: list[Mapping] = []
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            merge = isinstance(event, yaml.ScalarEvent) and event.value == "<<" and event.implicit[0]
            key = self._key(event, path)
            value = self._node(next(self._events), (*path, key))
            if merge:
                merged += self._merged(value, path)
            elif key in entries:
                self._duplicate(key, event, entries[key], path)
            else:
                entries[key] = Entry(self._mark(event), value)
        for parent in merged:
            for key, entry in parent.entries.items():
                entries.setdefault(key, entry)
        return Mapping(mark, entries)

    def _key(self, event: Any, path: Path) -> str:
        node = self._node(event, (*path, "?"))
        if isinstance(node, Scalar):
            return node.text if node.text is not None else "null"
        self._report.problem(self._mark(event), path, "has a key that is not plain text")
        return "?"

    def _merged(self, value: Node, path: Path) -> list[Mapping]:
        parents = list(value.items) if isinstance(value, Sequence) else [value]
        good = [parent for parent in parents if isinstance(parent, Mapping)]
        if len(good) != len(parents):
            self._report.problem(value.mark, (*path, "<<"), "can merge only mappings", "write <<: *name_of_a_mapping")
        return good

    def _duplicate(self, key: str, event: Any, first: Entry, path: Path) -> None:
        message = f"is written twice; the first is on line {first.mark.line}"
        self._report.problem(self._mark(event), (*path, key), message, "remove one of them")

    def _alias(self, event: Any, path: Path) -> Node:
        mark = self._mark(event)
        if event.anchor not in self._anchors:
            self._report.problem(
                mark, path, f"*{event.anchor} has no anchor before it", f"define it with &{event.anchor}"
            )
            return Scalar(mark, None)
        node, size = self._anchors[event.anchor]
        self._grow(size, event, path)
        return node

    def _grow(self, size: int, event: Any, path: Path) -> None:
        self._count += size
        if self._count > MAX_NODES:
            self._report.problem(self._mark(event), path, f"the file expands to more than {MAX_NODES} values")
            raise _Refused

    def _check_tag(self, event: Any, path: Path) -> None:
        tag = event.tag
        if tag and tag != "!" and tag not in _TAGS:
            self._report.problem(
                self._mark(event), path, f"has the tag {tag}, which is not supported", "remove the tag"
            )

    def _mark(self, event: Any) -> Mark:
        return Mark(self._source, event.start_mark.line + 1, event.start_mark.column + 1)
