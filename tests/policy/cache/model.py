"""RFC 9111 told once more, as plainly as can be, for replies whose Cache-Control is all they say. Times are whole seconds."""

from __future__ import annotations

from arena.policy.cache.asking import Asking, read
from arena.policy.cache.header import by_name
from arena.policy.cache.kept import Kept
from arena.policy.cache.reply import Facts, facts


def asking(*lines: bytes, who: bytes = b"") -> Asking:
    return read(by_name(lines), who)


def told(*lines: bytes, status: int = 200) -> Facts:
    return facts(status, lines)


def kept(*lines: bytes, came_at: float = 1000.0, shared: bool = True, status: int = 200) -> Kept:
    return Kept(status, lines, b"", came_at, came_at, shared)


def may_keep(directives: dict[str, int], known: bool) -> str:
    """ "shared", "own" or "nowhere"."""
    if "no-store" in directives:
        return "nowhere"
    if "private" in directives:
        where = "own" if known else "nowhere"
    elif known and not directives.keys() & {"public", "s-maxage", "must-revalidate"}:
        where = "own"
    else:
        where = "shared"
    return where if where == "nowhere" or worth_keeping(directives, where == "shared") else "nowhere"


def fresh_for(directives: dict[str, int], shared: bool) -> int:
    if shared and "s-maxage" in directives:
        return directives["s-maxage"]
    return directives.get("max-age", 0)


def grace(directives: dict[str, int], name: str, shared: bool) -> int:
    if directives.keys() & {"must-revalidate", "no-cache"} or (shared and "proxy-revalidate" in directives):
        return 0
    return directives.get(name, 0)


def worth_keeping(directives: dict[str, int], shared: bool) -> bool:
    fresh = 0 if "no-cache" in directives else fresh_for(directives, shared)
    names = ("stale-while-revalidate", "stale-if-error")
    return fresh > 0 or any(grace(directives, name, shared) for name in names)


def what_to_do(directives: dict[str, int], shared: bool, age: int) -> str:
    if "no-cache" in directives:
        return "stale"
    left = fresh_for(directives, shared) - age
    if left > 0:
        return "fresh"
    return "meanwhile" if -left < grace(directives, "stale-while-revalidate", shared) else "stale"
