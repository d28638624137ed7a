"""Request paths made canonical, so that what is routed on is what the upstream will see.

A path that a server behind us might read as another (`/public/../admin`, `/public/%2e%2e/admin`, `//admin`) must not
dodge the route it really belongs to. So dot segments are resolved, slashes merged and needless escapes undone before
routing, and the canonical path is what is sent on. An encoded slash stays as it is, because APIs use it inside names
(`/models/org%2Fname`), but counts as a slash for routing, so that `/admin%2Fx` is as guarded as `/admin/x`. Where a route
strips its prefix the two readings cannot both be served: what is left of `/admin%2Fx` would be `%2Fx`, no path at all, and
a shorter prefix would take it past the guard. Such a path is refused (routing.py).
Sources: RFC 3986 sections 2.3, 5.2.4 and 6.2.2.
"""

from __future__ import annotations

import re

_ODD = re.compile(rb'%|//|/\.|[\\"<>^`{}]')
_UNSAFE = re.compile(rb'[\\"<>^`{}]')
_ESCAPE = re.compile(rb"%(..?)?", re.DOTALL)
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_HEX = frozenset(b"0123456789ABCDEFabcdef")


class BadPath(ValueError):
    """The path has no single meaning; the text says why."""


def canonical(path: bytes) -> bytes:
    """The canonical form of `path`, which starts with a slash. Raises BadPath."""
    if _ODD.search(path) is None:
        return path
    if _UNSAFE.search(path) is not None:
        raise BadPath("it holds characters that must be percent-encoded")
    path = _ESCAPE.sub(_unescape, path)
    segments: list[bytes] = []
    *folders, last = path.split(b"/")[1:]
    for segment in folders:
        _step(segments, segment)
    if last in (b".", b".."):
        _step(segments, last)
        last = b""
    return b"/" + b"".join(segment + b"/" for segment in segments) + last


def for_routing(path: bytes) -> bytes:
    """A canonical path with encoded slashes read as slashes. Raises BadPath when that makes dot segments."""
    if b"%" not in path:
        return path
    opened = path.replace(b"%2F", b"/").replace(b"%5C", b"/")
    if any(segment in (b".", b"..") for segment in opened.split(b"/")):
        raise BadPath("an encoded slash hides a dot segment")
    return re.sub(rb"//+", b"/", opened)


def _step(segments: list[bytes], segment: bytes) -> None:
    if segment == b"..":
        if segments:
            segments.pop()
    elif segment not in (b"", b"."):
        segments.append(segment)


def _unescape(match: re.Match[bytes]) -> bytes:
    digits = match[1] or b""
    if len(digits) != 2 or not _HEX.issuperset(digits):
        raise BadPath("a percent sign is not followed by two hex digits")
    code = int(digits, 16)
    if code < 0x20 or code == 0x7F:
        raise BadPath("an escape stands for a control character")
    return bytes((code,)) if code in _UNRESERVED else b"%" + digits.upper()
