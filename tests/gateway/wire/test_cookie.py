from __future__ import annotations

import pytest

from arena.gateway.wire.cookie import cookies


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ((b"cookie: a=1",), ["1"]),
        ((b"Cookie:a=1; b=2",), ["1"]),
        ((b"cookie: b=2;a=1;a=3", b"COOKIE: a=4"), ["1", "3", "4"]),
        ((b'cookie: a="x y"; b="',), ["x y"]),
        ((b'cookie: a="',), ['"']),
        ((b"cookie: a=x=y==",), ["x=y=="]),
        ((b"cookie: a=",), [""]),
        ((b"cookie: a; A=1; xa=1; =1;;", b"cookies: a=1", b"x-cookie: a=1"), []),
        ((b"cookie:",), []),
        ((b"cookie: a=\xff",), ["\xff"]),
        ((), []),
    ],
)
def test_cookies_by_name(lines: tuple[bytes, ...], found: list[str]) -> None:
    assert list(cookies(lines, "a")) == found
