"""policy.cache.reply: what a reply says, the stricter way where it is unclear."""

from __future__ import annotations

import pytest

from tests.policy.cache.model import told

DATE = b"Sun, 06 Nov 1994 08:49:37 GMT"


def test_everything_it_can_say() -> None:
    facts = told(
        b"Date: " + DATE, b"Expires: " + DATE, b"Age: 5", b'ETag: W/"x"', b"Last-Modified: " + DATE, b"Vary: B, a", b"vary: b",
        b"Cache-Control: max-age=5", b"Cache-Control: public", b"Set-Cookie: a", b"Content-Encoding: br",
        b"Content-Type: Text/Event-Stream; charset=utf-8",
    )  # fmt: skip
    assert (facts.date, facts.expires, facts.age, facts.last_modified) == (784111777.0, 784111777.0, 5.0, 784111777.0)
    assert (facts.etag, facts.vary) == (b'W/"x"', (b"a", b"b"))
    assert facts.control.has(b"public") and facts.control.number(b"max-age") == 5
    assert facts.cookies and facts.coded and facts.endless and facts.validated


def test_silence() -> None:
    facts = told()
    assert (facts.date, facts.expires, facts.age, facts.etag, facts.vary) == (None, None, 0.0, b"", ())
    assert not (facts.cookies or facts.coded or facts.endless or facts.validated)


@pytest.mark.parametrize(
    ("lines", "name", "value"),
    [
        ((b"expires: 0",), "expires", 0.0),
        ((b"expires: " + DATE, b"expires: " + DATE), "expires", 0.0),
        ((b"date: " + DATE, b"date: " + DATE), "date", None),
        ((b"age: 7", b"age: 9"), "age", 7.0),
        ((b"age: -1",), "age", 0.0),
        ((b"age: 99999999999999",), "age", 2.0**31),
        ((b"etag: unquoted",), "etag", b""),
        ((b'etag: "a"', b'etag: "b"'), "etag", b""),
        ((b'etag: w/"a"',), "etag", b""),
        ((b"last-modified: now",), "last_modified", None),
        ((b"content-encoding: identity",), "coded", False),
    ],
)
def test_what_is_unclear(lines: tuple[bytes, ...], name: str, value: object) -> None:
    assert getattr(told(*lines), name) == value
