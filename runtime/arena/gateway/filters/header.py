"""Header lines changed as a route says.

A name is compared as CGI-like servers read it (`X_User` is `X-User`), so that a client cannot send a double of what the
gateway sets. A value that is absent, or that would not arrive as it is (control characters, blanks at its ends), is not
sent at all, and neither is the client's own: a service that finds the header may trust it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from arena.gateway.exchange import Exchange
from arena.gateway.filters.template import compile_template, names_a_fact
from arena.model.transform import GATEWAY_HEADERS, Edit, Pair

_UNSAFE = re.compile(r"[\x00-\x1f\x7f]|^\s|\s$")
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^`|~-]{1,64}")

Lines = Sequence[bytes]


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
    made = [_maker(pair) for pair in (*edit.set, *edit.add)]
    sizes = frozenset(map(len, gone))

    def apply(x: Exchange, lines: Lines) -> Lines:
        if renamed:
            lines = _kept(lines, gone, renamed)
        elif gone:
            # Most lines have a name of another length, which is quicker to see than another name.
            lines = [line for line in lines if line.find(b":") not in sizes or _key_of(line) not in gone]
        if made:
            lines = [*lines, *(line for make in made if (line := make(x)) is not None)]
        return lines

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


def _maker(pair: Pair) -> Callable[[Exchange], bytes | None]:
    """What makes the header line of `pair`; None where its value is absent or would not arrive as it is."""
    start = pair.name.encode() + b": "
    template = compile_template(pair.value)

    def make(x: Exchange) -> bytes | None:
        return _line(start, template(x))

    if names_a_fact(pair.value):
        return make
    fixed = _line(start, pair.value)
    return lambda _x: fixed


def _line(start: bytes, value: str | None) -> bytes | None:
    if value is None or _UNSAFE.search(value) is not None:
        return None
    try:
        return start + value.encode()
    except UnicodeEncodeError:  # a lone surrogate, which JSON allows in a token's subject
        return None


def _key(name: str) -> bytes:
    return name.lower().replace("_", "-").encode()


def _key_of(line: bytes) -> bytes:
    return line.partition(b":")[0].lower().replace(b"_", b"-")
