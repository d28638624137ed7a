"""Request paths made canonical, so that what is routed on is what the upstream will see.

A path that a server behind us might read as another (`/public/../admin`, `/public/%2e%2e/admin`, `//admin`) must not
dodge the route it really belongs to. So dot segments are resolved, slashes merged and needless escapes undone before
routing, and the canonical path is what is sent on. An encoded slash stays as it is, because APIs use it inside names
(`/models/org%2Fname`), but counts as a slash for routing, so that `/admin%2Fx` is as guarded as `/admin/x`. Where a route
strips its prefix the two readings cannot both be served: what is left of `/admin%2Fx` would be `%2Fx`, no path at all, and
a shorter prefix would take it past the guard. Such a path is refused (routing.py).

Some servers, those of Java among them, take path parameters off before they look at a path (`/admin;x/y` is `/admin/y`), and
then resolve dot segments (`/public/..;/admin` is `/admin`); most do not. Such a path has two readings, and what guards must
hold for both: one that leads to two routes is refused, and so is one that hides a dot segment.
Sources: RFC 3986 sections 2.3, 3.3, 5.2.4 and 6.2.2; Jakarta Servlet 6.0 section 3.5.2.
"""

from __future__ import annotations

import re

_ODD = re.compile(rb'%|//|/\.|[\\"<>^`{}]')
_UNSAFE = re.compile(rb'[\\"<>^`{}]')
_ESCAPE = re.compile(rb"%(..?)?", re.DOTALL)
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_PARAMETERS = re.compile(rb"(?:;|%3B)[^/]*")
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


def readings(path: bytes) -> tuple[bytes, ...]:
    """What servers may read a canonical path as: with encoded slashes as slashes, and where it has path parameters, without
    these too. Raises BadPath when one of the readings has dot segments."""
    if b"%" not in path and b";" not in path:
        return (path,)
    opened = re.sub(rb"//+", b"/", path.replace(b"%2F", b"/").replace(b"%5C", b"/"))
    bare = re.sub(rb"//+", b"/", _PARAMETERS.sub(b"", opened))
    if any(segment in (b".", b"..") for segment in opened.split(b"/")):
        raise BadPath("an encoded slash hides a dot segment")
    if any(segment in (b".", b"..") for segment in bare.split(b"/")):
        raise BadPath("a path parameter hides a dot segment")
    return (opened,) if bare == opened else (opened, bare)


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
