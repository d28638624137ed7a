"""A tree against the schema: every mistake reported, and as much of the document as is sound."""

from __future__ import annotations

from collections.abc import Mapping as DataMapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from arena.config.document.base import MISSING_CHOICE, Section
from arena.config.explain import explain
from arena.config.report import Report
from arena.config.tree import Mapping, Path, locate, plain, written

_ROUNDS = 8

T = TypeVar("T", bound=Section)


@dataclass(frozen=True, slots=True)
class Checked(Generic[T]):
    """`document` lacks the keys whose values were wrong; `tainted` holds the paths of the mistakes, so that a later check
    does not complain about what is missing only because it was misspelt."""

    document: T
    tainted: frozenset[Path] = frozenset()

    def is_sound(self, path: Path) -> bool:
        """True when no mistake was found at or below `path`."""
        return not any(not bad or bad[: len(path)] == path for bad in self.tainted)


def validate(kind: type[T], root: Mapping, report: Report) -> Checked[T]:
    """Check `root`; wrong keys are reported, cut out, and the rest is checked again so that its meaning can be judged."""
    data, tainted = plain(root), set[Path]()
    for attempt in range(_ROUNDS):
        try:
            return Checked(kind.model_validate(data), frozenset(tainted))
        except ValidationError as found:
            errors = found.errors(include_url=False)
        for error in errors:
            error["loc"] = _untagged(error["loc"])
            if attempt == 0 or error["type"] not in ("missing", MISSING_CHOICE):  # later ones are our own cutting
                _report(error, kind, root, report)
            tainted.add(error["loc"])
            _cut(data, error["loc"], absent=error["type"] == "missing")
    return Checked(kind(), frozenset({()}))


def _untagged(path: Path) -> Path:
    """Without the tags that stand for the form of a value (a section, or a list of them)."""
    return tuple(part for part in path if part not in ("[one]", "[several]"))


def _report(error: DataMapping[str, Any], kind: type[Section], root: Mapping, report: Report) -> None:
    message, hint = explain(error, kind)
    path = tuple(part for part in error["loc"] if part != "[key]")
    mark = locate(root, path, key=error["type"] == "extra_forbidden")
    report.problem(mark, written(root, path), message, hint)


def _cut(data: Any, path: Path, *, absent: bool) -> None:
    """Take out the deepest key of a mapping on the way to `path`, whose own last key is `absent` or wrong. Items of lists
    stay, so that indices keep meaning. Nothing is done when an earlier cut has removed the place already."""
    holder, key, node = data, None, data
    for depth, part in enumerate(path, start=1):
        if isinstance(node, dict):
            if part not in node:
                if absent and depth == len(path):
                    break
                return
            holder, key, node = node, part, node[part]
        elif isinstance(node, list) and isinstance(part, int) and part < len(node):
            node = node[part]
        else:
            break
    if key is not None:
        del holder[key]
