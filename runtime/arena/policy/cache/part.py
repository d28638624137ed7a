"""A part of a kept reply (`Range`), as nginx and Varnish give it. Source: RFC 9110 sections 13.1.5, 14 and 15.5.17.

    Range: bytes=0-99     the first hundred bytes          206, Content-Range: bytes 0-99/4000
    Range: bytes=100-     from the hundredth on            206
    Range: bytes=-100     the last hundred                 206
    beyond the end        nothing                          416, Content-Range: bytes */4000
    If-Range differs      all of it                        200

Only what is kept whole and fresh, with status 200 and a body that the route does not change, is given in parts. Several ranges
at once, other units and what is no range at all are left to the service, and so is every part while nothing fresh is kept: a
part is not kept, nor is the whole fetched for its sake.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from arena.policy.cache import date
from arena.policy.cache.reply import Facts

_RANGE = re.compile(rb"bytes=[ \t]*([0-9]{0,18})-([0-9]{0,18})[ \t]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """The bytes from `first` to `last`, None for the end; with `first` None, the last so many. `unless` is the If-Range: what
    it must be a part of, None for whatever there is."""

    first: int | None
    last: int | None
    unless: bytes | None = None


def read(ranges: list[bytes], if_range: list[bytes]) -> Part | None:
    """What these header values ask for; None for what is left to the service."""
    found = _RANGE.fullmatch(ranges[0]) if len(ranges) == 1 and len(if_range) < 2 else None
    if found is None:
        return None
    first, last = (int(digits) if digits else None for digits in found.groups())
    if (first is None and last is None) or (first is not None and last is not None and first > last):
        return None
    return Part(first, last, if_range[0] if if_range else None)


def bounds(part: Part, size: int) -> tuple[int, int] | None:
    """The first byte and the one behind the last, of so many; None when there is nothing there (416)."""
    if part.first is None:
        return (max(0, size - (part.last or 0)), size) if part.last and size else None
    if part.first >= size:
        return None
    return part.first, size if part.last is None else min(size, part.last + 1)


def is_of(part: Part, facts: Facts) -> bool:
    """Whether the reply is still what the client has a part of. Only what is the same byte for byte will do: a weak entity tag
    does not, nor a date that is not older than the reply by a second."""
    if part.unless is None:
        return True
    if part.unless.startswith((b'"', b"W/")):
        return part.unless == facts.etag and not facts.etag.startswith(b"W/")
    since, made = facts.last_modified, facts.date
    return since is not None and made is not None and made - since >= 1 and date.parse(part.unless) == since
