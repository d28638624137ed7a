"""What a request says that matters to a cache. Sources: RFC 9111 sections 4 and 5.2.1, RFC 9110 section 13.

Some requests pass by the cache, both ways: those for parts that it does not cut, those whose condition only the service can
judge, and those with a header by which well-known frameworks serve another URI or method than the one that is asked for. As no
cache has such a header in its key, it is what poisoning is done with.
"""

from __future__ import annotations

from dataclasses import dataclass

from arena.policy.cache import control, date
from arena.policy.cache import part as parts
from arena.policy.cache.control import Control
from arena.policy.cache.header import joined
from arena.policy.cache.part import Part

_FOR_THE_SERVICE = (b"if-match", b"if-unmodified-since")
_POISON = (
    b"x-http-method-override", b"x-http-method", b"x-method-override", b"x-original-url", b"x-rewrite-url",
    b"x-original-host", b"x-host", b"x-forwarded-scheme", b"x-forwarded-ssl", b"x-original-forwarded-for",
)  # fmt: skip
_BYPASS = frozenset((*_FOR_THE_SERVICE, *_POISON))


@dataclass(frozen=True, slots=True)
class Asking:
    """`headers` are the values of each header, by lower-case name. `credentials` stands for everything that says who asks, b''
    for nobody known. `if_none_match` and `if_modified_since` are the client's conditions, None for none. `part` is asked for
    alone, None for the whole."""

    headers: dict[bytes, list[bytes]]
    credentials: bytes
    control: Control
    if_none_match: bytes | None
    if_modified_since: float | None
    bypass: bool
    part: Part | None = None

    @property
    def conditional(self) -> bool:
        """Whether the client has a copy already."""
        return self.if_none_match is not None or self.if_modified_since is not None

    def values(self, names: tuple[bytes, ...]) -> tuple[bytes | None, ...]:
        """What the request says for each of these headers: two requests with the same answer get the same variant."""
        return tuple(joined(self.headers.get(name)) for name in names)


def read(headers: dict[bytes, list[bytes]], credentials: bytes) -> Asking:
    """Read the headers of a GET or HEAD, as `header.by_name` has them."""
    said = headers.get(b"cache-control")
    if said is not None:
        asked = control.parse(b",".join(said))
    else:
        # RFC 9111 section 5.4: what old clients say instead.
        asked = control.parse(b"no-cache") if b"no-cache" in headers.get(b"pragma", ()) else control.NONE
    tags = joined(headers.get(b"if-none-match"))
    # RFC 9110 section 13.1.3: not looked at beside If-None-Match, nor when it is no single date.
    since = headers.get(b"if-modified-since", ()) if tags is None else ()
    ranges, if_range = headers.get(b"range", []), headers.get(b"if-range", [])
    part = parts.read(ranges, if_range) if ranges else None
    return Asking(
        headers,
        credentials,
        asked,
        tags,
        date.parse(since[0]) if len(since) == 1 else None,
        not _BYPASS.isdisjoint(headers) or (part is None and bool(ranges or if_range)),
        part,
    )
