"""The path a service is asked for, where a route rewrites it: decided once per path, with the match.

A pattern is made of whole segments, so that matching takes time in proportion to the path, whatever a client sends.
What comes out must have one meaning (policy/path.py), as must what came in.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from arena.model.transform import PathRewrite
from arena.policy.path import BadPath, canonical, readings

_SLOT = re.compile(r"\{([a-z_][a-z0-9_]*)(\*?)\}")

Rewriter = Callable[[bytes, bytes], bytes]
"""(canonical path, the route's own without its last slash) → the path to ask for. Raises BadPath."""


def compile_rewrite(rewrite: PathRewrite) -> Rewriter:
    """Make `rewrite` ready. Raises ValueError for a pattern that makes no sense."""
    return _by_pattern(rewrite.match, rewrite.to) if rewrite.match else _by_prefix(rewrite.to)


def _by_prefix(to: str) -> Rewriter:
    start = to.rstrip("/").encode()

    def new(path: bytes, prefix: bytes) -> bytes:
        rest = path[len(prefix) :]
        if not path.startswith(prefix) or (prefix and rest and rest[:1] != b"/"):
            raise BadPath("an encoded slash stands in the route's prefix or right behind it")
        return _sound(start + rest)

    return new


def _by_pattern(match: str, to: str) -> Rewriter:
    pattern = re.compile(_expression(match).encode())
    pieces = _SLOT.split(to)
    unknown = set(pieces[1::3]) - set(pattern.groupindex)
    if unknown:
        raise ValueError(f"{to!r:.60} names {{{min(unknown)}}}, which {match!r:.60} does not")

    def new(path: bytes, _prefix: bytes) -> bytes:
        found = pattern.fullmatch(path)
        if found is None:
            return path
        parts = [
            piece.encode() if index % 3 == 0 else found[piece] or b""
            for index, piece in enumerate(pieces)
            if index % 3 < 2
        ]
        return _sound(b"".join(parts))

    return new


def _expression(match: str) -> str:
    *folders, last = match.split("/")[1:]
    text = ""
    for segment in folders:
        text += "/" + _segment(segment)
    slot = _SLOT.fullmatch(last)
    return text + (f"(?:/(?P<{slot[1]}>.*))?" if slot and slot[2] else "/" + _segment(last))


def _segment(segment: str) -> str:
    slot = _SLOT.fullmatch(segment)
    if slot is not None and not slot[2]:
        return f"(?P<{slot[1]}>[^/]+)"
    if "{" in segment or "}" in segment:
        raise ValueError(f"{segment!r:.60} is no segment: write {{name}} alone between slashes, {{name*}} at the end")
    return re.escape(segment)


def _sound(path: bytes) -> bytes:
    """The rewritten path with its slashes merged."""
    path = re.sub(rb"//+", b"/", path) or b"/"
    if path[:1] != b"/" or canonical(path) != path:
        raise BadPath("rewritten, it holds dot segments")
    readings(path)
    return path
