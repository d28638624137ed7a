"""Cache-Control, of requests and of replies. Source: RFC 9111 section 5.2.

A directive that is there twice counts as the stricter one, a number that is none as 0 (section 4.2.1: rather stale than
wrong). What does not follow the grammar is `broken`: nobody knows what it was meant to forbid.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

_TOKEN = rb"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
_QUOTED = rb'"(?:[^"\\\x00-\x08\x0a-\x1f]|\\[^\x00-\x08])*"'
_MEMBER = re.compile(rb"[ \t]*(?:(" + _TOKEN + rb")(?:=(" + _QUOTED + rb"|" + _TOKEN + rb"))?)?[ \t]*(?:,|$)")
_LONGEST = 2**31
_SECONDS = frozenset(
    (b"max-age", b"s-maxage", b"min-fresh", b"max-stale", b"stale-while-revalidate", b"stale-if-error")
)


@dataclass(frozen=True, slots=True)
class Control:
    """`names` are the directives that are there, lower case; `seconds` the numbers of those that have one."""

    names: frozenset[bytes] = frozenset()
    seconds: dict[bytes, int] = field(default_factory=dict)
    broken: bool = False

    def has(self, name: bytes) -> bool:
        """Whether the directive is there, with an argument or without."""
        return name in self.names

    def number(self, name: bytes) -> int | None:
        """Seconds, None when the directive is not there."""
        return self.seconds.get(name)


NONE = Control()


@lru_cache(maxsize=1024)
def parse(value: bytes) -> Control:
    """Read the value; several lines are joined with commas before."""
    names: set[bytes] = set()
    seconds: dict[bytes, int] = {}
    at = 0
    while at < len(value):
        member = _MEMBER.match(value, at)
        if member is None or member.end() == at:
            return Control(frozenset(names), seconds, broken=True)
        at = member.end()
        if member[1] is None:
            continue
        name = member[1].lower()
        names.add(name)
        if name in _SECONDS:
            # `max-stale` may stand alone; then any number will do.
            number = _LONGEST if member[2] is None and name == b"max-stale" else _number(member[2] or b"")
            seconds[name] = min(number, seconds.get(name, _LONGEST))
    return Control(frozenset(names), seconds)


def _number(argument: bytes) -> int:
    digits = argument.strip(b'"')
    return (
        min(int(digits), _LONGEST) if digits.isdigit() and len(digits) <= 20 else (_LONGEST if digits.isdigit() else 0)
    )
