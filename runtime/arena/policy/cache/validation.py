"""Is a copy still good? Asking the service, and answering clients.

Sources: RFC 9110 section 13, RFC 9111 sections 3.2 and 4.3.
"""

from __future__ import annotations

import re
from dataclasses import replace
from email.utils import formatdate

from arena.policy.cache.asking import Asking
from arena.policy.cache.header import by_name
from arena.policy.cache.kept import Kept

_TAG = re.compile(rb'[ \t,]*(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")[ \t]*(?=,|$)')
CONDITIONS = (b"if-none-match:", b"if-modified-since:")
_NOT_UPDATED = frozenset((b"content-length", b"content-encoding", b"content-type", b"content-range"))


def questions(kept: Kept) -> list[bytes]:
    """The header lines that ask the service whether `kept` still holds; none when it cannot be asked."""
    facts = kept.facts
    lines = [b"if-none-match: " + facts.etag] if facts.etag else []
    if facts.last_modified is not None:
        lines.append(b"if-modified-since: " + formatdate(facts.last_modified, usegmt=True).encode())
    return lines


def answers(kept: Kept, lines: tuple[bytes, ...]) -> bool:
    """Whether a 304 with these header lines speaks of `kept`: an entity tag in it must be the same (section 4.3.4)."""
    tags = by_name(lines).get(b"etag", [])
    return not tags or (len(tags) == 1 and _opaque(tags[0]) == _opaque(kept.facts.etag))


def freshened(kept: Kept, lines: tuple[bytes, ...], asked_at: float, came_at: float) -> Kept:
    """`kept` after a 304 with these header lines: what it says replaces what was said before, except about the body."""
    new = {name for name in by_name(lines) if name not in _NOT_UPDATED}
    # What is not said again is no longer so: an Age would be added to the new time of arrival.
    gone = new | {b"age"}
    old = [line for line in kept.lines if line.partition(b":")[0].lower() not in gone]
    said = [line for line in lines if line.partition(b":")[0].lower() in new]
    return replace(kept, lines=(*old, *said), asked_at=asked_at, came_at=came_at)


def is_known(kept: Kept, asking: Asking) -> bool:
    """Whether the client has this very reply already, so that 304 is the answer. Entity tags are compared weakly."""
    facts = kept.facts
    if kept.status != 200:
        return False
    if asking.if_none_match is not None:
        if asking.if_none_match.strip(b" \t") == b"*":
            return True
        return bool(facts.etag) and _opaque(facts.etag) in _tags(asking.if_none_match)
    since = asking.if_modified_since
    modified = facts.last_modified if facts.last_modified is not None else facts.date
    return since is not None and modified is not None and modified <= since


def for_304(lines: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """The lines that belong into a 304 (RFC 9110 section 15.4.5), and those that are about the exchange, not the body."""
    return tuple(
        line for line in lines
        if (name := line.partition(b":")[0].lower()) == b"content-location" or not name.startswith(b"content-")
    )  # fmt: skip


def _tags(value: bytes) -> set[bytes]:
    """The opaque parts of a list of entity tags; none of a list that cannot be read."""
    found: set[bytes] = set()
    at = 0
    while at < len(value):
        match = _TAG.match(value, at)
        if match is None:
            return found if not value[at:].strip(b" \t,") else set()
        found.add(match[1])
        at = match.end()
    return found


def _opaque(tag: bytes) -> bytes:
    return tag.removeprefix(b"W/")
