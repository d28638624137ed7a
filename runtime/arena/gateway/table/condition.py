"""What routes ask of headers, cookies and query, as one question about an exchange.

A test compares bytes at a fixed place, or by a regular expression in RE2, which does not backtrack: it takes time in proportion
to what it looks at, times the size of the expression. Python's `re` takes for ever over some expressions that look harmless
(`(a+)+b`), and no check of the expression finds all of these. So that a large one costs little too, a longer value than
LONGEST does not fit. Header names are compared without regard to case, everything else as it is; query parameters after
decoding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import unquote_plus

from arena.gateway.exchange import Exchange
from arena.gateway.wire.cookie import cookies
from arena.model.match import Condition

LONGEST = 1024
"""Characters of a value that a regular expression is tried on."""

Holds = Callable[[Exchange], bool]
_Values = Callable[[Exchange], Iterator[str]]


def compile_conditions(conditions: tuple[Condition, ...]) -> Holds | None:
    """Whether all of `conditions` hold; None when there are none."""
    if not conditions:
        return None
    tests = [_compile(one) for one in conditions]
    return tests[0] if len(tests) == 1 else lambda x: all(test(x) for test in tests)


def _compile(condition: Condition) -> Holds:
    values = _VALUES[condition.source](condition.name)
    wanted = condition.value
    if condition.test == "present":
        return lambda x: any(True for _ in values(x))
    if condition.test == "absent":
        return lambda x: not any(True for _ in values(x))
    if condition.test == "prefix":
        return lambda x: any(value.startswith(wanted) for value in values(x))
    if condition.test == "regex":
        fits = _pattern(wanted)
        return lambda x: any(len(value) <= LONGEST and fits(value) for value in values(x))
    return lambda x: any(value == wanted for value in values(x))


def _pattern(text: str) -> Callable[[str], bool]:
    # Only now: it comes with the extra `regex`.
    import re2

    fullmatch = re2.compile(text).fullmatch
    return lambda value: fullmatch(value) is not None


def _headers(name: str) -> _Values:
    start = name.lower().encode() + b":"
    size = len(start)

    def values(x: Exchange) -> Iterator[str]:
        for line in x.fields:
            if line[:size].lower() == start:
                yield line[size:].strip(b" \t").decode("latin-1")

    return values


def _cookies(name: str) -> _Values:
    return lambda x: cookies(x.fields, name)


def _parameters(name: str) -> _Values:
    def values(x: Exchange) -> Iterator[str]:
        for pair in x.query[1:].decode("latin-1").split("&"):
            key, _, value = pair.partition("=")
            if pair and unquote_plus(key) == name:
                yield unquote_plus(value)

    return values


_VALUES: dict[str, Callable[[str], _Values]] = {"header": _headers, "cookie": _cookies, "query": _parameters}
