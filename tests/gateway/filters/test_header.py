"""gateway.filters.header: header lines changed, without a way to smuggle one in."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.gateway.exchange import Exchange
from arena.gateway.filters.header import compile_edit
from arena.gateway.wire.hop import HOP_BY_HOP
from arena.model.principal import Principal
from arena.model.transform import GATEWAY_HEADERS, Edit, Pair


def exchange(sub: str | None = None) -> Exchange:
    x: Any = Exchange.__new__(Exchange)
    x.principal = None if sub is None else Principal(sub)
    return x  # type: ignore[no-any-return]


def edited(edit: Edit, *lines: bytes, sub: str | None = None) -> list[bytes]:
    apply = compile_edit(edit)
    assert apply is not None
    return apply(exchange(sub), list(lines))


SUBJECT = Edit(set=(Pair("X-User", "${principal.sub}"),))


@pytest.mark.parametrize(
    ("edit", "before", "after"),
    [
        (Edit(set=(Pair("X-A", "1"),)), [b"x-a: 0", b"X_A: 0", b"B: 2"], [b"B: 2", b"X-A: 1"]),
        (Edit(add=(Pair("X-A", "1"),)), [b"x-a: 0"], [b"x-a: 0", b"X-A: 1"]),
        (Edit(remove=("x-A",)), [b"", b"X-a: 0", b"X-AB: 1"], [b"", b"X-AB: 1"]),
        (Edit(rename=(Pair("A", "B"),)), [b"a: 1", b"b: 2", b"A: 3: 4"], [b"B: 1", b"B: 3: 4"]),
        (Edit(rename=(Pair("A", "B"),)), [b"b: 2"], [b"b: 2"]),
    ],
)
def test_edits(edit: Edit, before: list[bytes], after: list[bytes]) -> None:
    assert edited(edit, *before) == after


@pytest.mark.parametrize(
    "sub", [None, "a\r\nX-Admin: 1", "a\nb", "a\0", " root", "root\t", "a\x7f", "\ud800", "\u2028"]
)
def test_a_value_that_would_not_arrive_as_it_is_leaves_no_header(sub: str | None) -> None:
    assert edited(SUBJECT, b"x-user: forged", sub=sub) == []


@given(st.text())
def test_no_value_makes_a_second_line(sub: str) -> None:
    for line in edited(SUBJECT, sub=sub):
        assert line == b"X-User: " + sub.encode()
        assert not any(byte < 0x20 or byte == 0x7F for byte in line)


def test_framing_and_hop_by_hop_headers_are_out_of_reach() -> None:
    assert {name.decode() for name in HOP_BY_HOP} <= GATEWAY_HEADERS
    for name in (*GATEWAY_HEADERS, "Content-Length", "a b", "a:", "X_A", ""):
        with pytest.raises(ValueError, match="no header that a route may change"):
            compile_edit(Edit(remove=(name,)))


def test_nothing_to_do_is_nothing() -> None:
    assert compile_edit(Edit()) is None
