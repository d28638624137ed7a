"""Cookies of a request, by name. Source: RFC 6265 section 4.2.1."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def cookies(fields: Iterable[bytes], name: str) -> Iterator[str]:
    """The values of the cookies called `name` in the header lines `fields`, without the quotes they may stand in."""
    for line in fields:
        if line[:7].lower() == b"cookie:":
            for pair in line[7:].decode("latin-1").split(";"):
                key, equals, value = pair.strip(" \t").partition("=")
                if equals and key == name:
                    yield value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
