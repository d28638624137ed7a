"""Header lines taken apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def by_name(lines: Iterable[bytes]) -> dict[bytes, list[bytes]]:
    """The values of each name, lower case, in their order, without the blanks around them."""
    found: dict[bytes, list[bytes]] = {}
    for line in lines:
        name, _, value = line.partition(b":")
        found.setdefault(name.lower(), []).append(value.strip(b" \t"))
    return found


def joined(values: Sequence[bytes] | None) -> bytes | None:
    """A list header as one value (RFC 9110 section 5.3), None when it is not there."""
    return None if values is None else b", ".join(values)


def items(values: Sequence[bytes]) -> tuple[bytes, ...]:
    """The members of a header that lists names, lower case."""
    return tuple(name for value in values for part in value.split(b",") if (name := part.strip(b" \t").lower()))
