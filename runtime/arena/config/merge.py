"""Several files as one: later files override.

Mappings merge key by key and scalars are replaced, as in compose. Lists: `env_file` and `profiles` append what is new;
`routes` merge by `name` (or, without one, by `path`) and append the rest; `environment`, `metadata` and `depends_on` merge
by key whichever form they are written in. Every other list (`command`, `test`, `ports`, `url`, `hosts`, `methods`, `roles`,
`rate_limits`) is one value and is replaced: a service has one port, and half a rate limit protects nothing.
"""

from __future__ import annotations

from arena.config.tree import Entry, Mapping, Node, Scalar, Sequence

_APPENDED = ("env_file", "profiles")
_KEYED = ("environment", "metadata", "depends_on")


def merge(base: Node, over: Node, key: str = "") -> Node:
    """`base` with `over` laid upon it; `key` is the name of the value they are."""
    if key in _KEYED:
        base, over = _as_mapping(base), _as_mapping(over)
    if isinstance(base, Mapping) and isinstance(over, Mapping):
        return Mapping(base.mark, _entries(base, over))
    if key in _APPENDED:
        return _appended(_as_list(base), _as_list(over))
    if key == "routes" and isinstance(base, Sequence) and isinstance(over, Sequence):
        return _routes(base, over)
    return over


def _entries(base: Mapping, over: Mapping) -> dict[str, Entry]:
    entries = dict(base.entries)
    for key, entry in over.entries.items():
        old = entries.get(key)
        entries[key] = entry if old is None else Entry(entry.mark, merge(old.node, entry.node, key))
    return entries


def _as_mapping(node: Node) -> Node:
    """`[KEY=value, NAME]` as `{KEY: value, NAME: null}`; anything else as it is."""
    if not isinstance(node, Sequence) or not all(isinstance(item, Scalar) for item in node.items):
        return node
    entries = {}
    for item in node.items:
        assert isinstance(item, Scalar)
        name, equals, value = (item.text or "").partition("=")
        entries[name] = Entry(item.mark, Scalar(item.mark, value if equals else None))
    return Mapping(node.mark, entries)


def _as_list(node: Node) -> Sequence:
    return node if isinstance(node, Sequence) else Sequence(node.mark, (node,))


def _appended(base: Sequence, over: Sequence) -> Sequence:
    known = [_identity(item) for item in base.items]
    return Sequence(base.mark, (*base.items, *(item for item in over.items if _identity(item) not in known)))


def _identity(item: Node) -> str:
    """What an item is about: its text, or the path or name it carries."""
    if isinstance(item, Scalar):
        return item.text or ""
    if isinstance(item, Mapping):
        named = (item.entries[key].node for key in ("name", "path") if key in item.entries)
        return next((f"{node.text}" for node in named if isinstance(node, Scalar)), "")
    return ""


def _routes(base: Sequence, over: Sequence) -> Sequence:
    items = list(base.items)
    for route in over.items:
        name = _identity(route)
        same = next((index for index, item in enumerate(items) if name and _identity(item) == name), None)
        if same is None:
            items.append(route)
        else:
            items[same] = merge(items[same], route)
    return Sequence(base.mark, tuple(items))
