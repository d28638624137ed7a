"""What a reply says about its keeping. Sources: RFC 9111 section 5, RFC 9110 sections 8.8 and 12.5.5.

A header that should be there once and is there twice, or cannot be read, is taken for the stricter thing it may have meant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from arena.policy.cache import control, date
from arena.policy.cache.control import Control
from arena.policy.cache.header import by_name, items

_ETAG = re.compile(rb'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')
_LONGEST_AGE = 2.0**31


@dataclass(frozen=True, slots=True)
class Facts:
    """Moments are Unix seconds; `expires` is 0.0 for a date that cannot be read. `age` is what caches before us had counted.
    `etag` is b'' and `last_modified` None where there is none. `vary` names headers, sorted; it holds b'*' where
    that was said. `coded`: the body is compressed. `endless`: a stream of events."""

    status: int
    control: Control
    date: float | None
    expires: float | None
    age: float
    etag: bytes
    last_modified: float | None
    vary: tuple[bytes, ...]
    cookies: bool
    coded: bool
    endless: bool

    @property
    def validated(self) -> bool:
        """Whether the service can be asked if it still holds."""
        return bool(self.etag) or self.last_modified is not None


@lru_cache(maxsize=256)
def facts(status: int, lines: tuple[bytes, ...]) -> Facts:
    """Read the header lines of a reply."""
    headers = by_name(lines)
    said = headers.get(b"cache-control")
    expires = headers.get(b"expires")
    kinds = headers.get(b"content-type", [b""])
    return Facts(
        status,
        control.NONE if said is None else control.parse(b",".join(said)),
        _date(headers, b"date"),
        None if expires is None else (_date(headers, b"expires") or 0.0),
        _age(headers.get(b"age", [])),
        _etag(headers.get(b"etag", [])),
        _date(headers, b"last-modified"),
        tuple(sorted(set(items(headers.get(b"vary", []))))),
        b"set-cookie" in headers,
        any(value.lower() != b"identity" for value in headers.get(b"content-encoding", [])),
        any(value.lower().startswith(b"text/event-stream") for value in kinds),
    )


def _date(headers: dict[bytes, list[bytes]], name: bytes) -> float | None:
    values = headers.get(name, ())
    return date.parse(values[0]) if len(values) == 1 else None


def _age(values: list[bytes]) -> float:
    """RFC 9111 section 5.1: the first value counts."""
    digits = values[0] if values else b""
    return min(float(digits), _LONGEST_AGE) if digits.isdigit() else 0.0


def _etag(values: list[bytes]) -> bytes:
    return values[0] if len(values) == 1 and _ETAG.fullmatch(values[0]) else b""
