from __future__ import annotations

from typing import Any

import pytest

from arena.gateway.exchange import Exchange
from arena.gateway.filters.query import compile_query
from arena.model.principal import Principal
from arena.model.transform import Edit, Pair

EDIT = Edit(set=(Pair("k", "${principal.sub}"),), remove=("r m",), rename=(Pair("old", "ne&w"),))


@pytest.mark.parametrize(
    ("before", "sub", "after"),
    [
        (b"", "me", b"?k=me"),
        (b"?k=forged&%6b=too&a=%20", "me", b"?a=%20&k=me"),
        (b"?r+m=1&r%20m=2&rm=3", None, b"?rm=3"),
        (b"?old=1&old", "a&b=c\r\n/", b"?ne%26w=1&ne%26w&k=a%26b%3Dc%0D%0A%2F"),
        (b"?k=forged", None, b""),
        (b"?", None, b""),
        (b"?a=b=c&&d", "\ud800", b"?a=b=c&d&k=%3F"),
    ],
)
def test_edits(before: bytes, sub: str | None, after: bytes) -> None:
    x: Any = Exchange.__new__(Exchange)
    x.principal, x.query = None if sub is None else Principal(sub), before
    change = compile_query(EDIT)
    assert change is not None
    change(x)
    assert x.query == after


def test_nothing_to_do_is_nothing() -> None:
    assert compile_query(Edit()) is None
