"""Header lines changed as a route says.

A name is compared as CGI-like servers read it (`X_User` is `X-User`), so that a client cannot send a double of what the
gateway sets. A value that is absent, or that would not arrive as it is (control characters, blanks at its ends), is not
sent at all, and neither is the client's own: a service that finds the header may trust it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from arena.gateway.exchange import Exchange
from arena.gateway.filters.template import Template, compile_template
from arena.model.transform import GATEWAY_HEADERS, Edit

_UNSAFE = re.compile(r"[\x00-\x1f\x7f]|^\s|\s$")
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^`|~-]{1,64}")

Lines = list[bytes]


def compile_edit(edit: Edit) -> Callable[[Exchange, Lines], Lines] | None:
    """A function from header lines to the edited ones, None when nothing is to be done. Raises ValueError for a header
    that is the gateway's own."""
    named = [*edit.remove, *(name for pair in edit.rename for name in (pair.name, pair.value))]
    named += [pair.name for pair in (*edit.set, *edit.add)]
    if not named:
        return None
    for name in named:
        if not _NAME.fullmatch(name) or name.lower() in GATEWAY_HEADERS:
            raise ValueError(f"{name!r:.60} is no header that a route may change")
    gone = frozenset(map(_key, (*edit.remove, *(pair.name for pair in edit.set))))
    renamed = {_key(pair.name): (_key(pair.value), pair.value.encode()) for pair in edit.rename}
    made = [(pair.name.encode() + b": ", compile_template(pair.value)) for pair in (*edit.set, *edit.add)]

    def apply(x: Exchange, lines: Lines) -> Lines:
        if gone or renamed:
            lines = _kept(lines, gone, renamed)
        return lines + _made(x, made) if made else lines

    return apply


def _kept(lines: Lines, gone: frozenset[bytes], renamed: dict[bytes, tuple[bytes, bytes]]) -> Lines:
    pairs = [(_key_of(line), line) for line in lines]
    # What takes a name drives out whatever was called so.
    taken = {renamed[key][0] for key, _ in pairs if key in renamed}
    kept = []
    for key, line in pairs:
        if key in renamed:
            kept.append(renamed[key][1] + line[line.index(b":") :])
        elif key not in gone and key not in taken:
            kept.append(line)
    return kept


def _made(x: Exchange, made: list[tuple[bytes, Template]]) -> Lines:
    lines = []
    for start, template in made:
        value = template(x)
        if value is not None and _UNSAFE.search(value) is None:
            try:
                lines.append(start + value.encode())
            except UnicodeEncodeError:  # a lone surrogate, which JSON allows in a token's subject
                continue
    return lines


def _key(name: str) -> bytes:
    return name.lower().replace("_", "-").encode()


def _key_of(line: bytes) -> bytes:
    return line.partition(b":")[0].lower().replace(b"_", b"-")
