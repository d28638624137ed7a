"""Fills the `${VAR}` references in a tree's values."""

from __future__ import annotations

from collections.abc import Mapping as EnvMapping

from arena.config.interpolate import CHILD_VARIABLES, InterpolationError, Variable, expand
from arena.config.report import Report
from arena.config.secrecy import is_secret
from arena.config.tree import Entry, Mapping, Node, Path, Scalar, Sequence, dotted
from arena.model.transform import FACTS

_NONE: frozenset[str] = frozenset()
_PER_REQUEST = frozenset(FACTS)
_NAMES = frozenset(("set", "add", "rename", "headers", "cookies", "query"))


def fill(node: Node, env: EnvMapping[str, str], report: Report, path: Path = ()) -> Node:
    """The tree with every value filled; keys and `x-` sections stay as they are. Mistakes are reported.

    What only the supervisor can know (PORT and the like) stays a reference where an instance will see it: in `command`,
    `environment` and `healthcheck.test` of a service. So do facts of a request, in what a route changes on it.
    """
    if isinstance(node, Scalar):
        return _filled(node, env, report, path)
    if isinstance(node, Sequence):
        items = (fill(item, env, report, (*path, index)) for index, item in enumerate(node.items))
        return Sequence(node.mark, tuple(items))
    entries = {
        key: entry
        if key.startswith("x-") and not _holds_names(path)
        else Entry(entry.mark, fill(entry.node, env, report, (*path, key)))
        for key, entry in node.entries.items()
    }
    return Mapping(node.mark, entries)


def _filled(node: Scalar, env: EnvMapping[str, str], report: Report, path: Path) -> Scalar:
    if node.text is None or "$" not in node.text:
        return node
    try:
        expansion = expand(node.text, env, _kept(path))
    except InterpolationError as error:
        report.problem(node.mark.seek(error.fragment), path, str(error), error.hint)
        return node
    for variable in expansion.unset:
        _unset(variable, node, report, path)
    return Scalar(node.mark, expansion.text)


def _unset(variable: Variable, node: Scalar, report: Report, path: Path) -> None:
    """compose turns an unset variable into '' with a warning; an empty password is worse than no start."""
    mark = node.mark.seek(variable.raw)
    name = variable.name
    if is_secret(name) or is_secret(dotted(path)):
        report.problem(mark, path, f"{name} is not set", f"set {name}, or write ${{{name}:-}} if it may be empty")
    else:
        report.note(mark, path, f"{name} is not set; '' is used", f"set {name}, or write ${{{name}:-default}}")


def _kept(path: Path) -> frozenset[str]:
    if _per_instance(path):
        return CHILD_VARIABLES
    changes = len(path) > 4 and path[0] == "services" and path[2] == "routes"
    return _PER_REQUEST if changes and path[4] in ("request", "response", "rewrite") else _NONE


def _holds_names(path: Path) -> bool:
    """Whether the keys at `path` name headers, cookies or parameters of a request, of which many begin with `x-`."""
    return len(path) > 5 and path[2] == "routes" and path[-1] in _NAMES


def _per_instance(path: Path) -> bool:
    """Whether an instance will see the value at `path`."""
    if len(path) < 3 or path[0] != "services":
        return False
    return path[2] in ("command", "environment") or path[2:4] == ("healthcheck", "test")
