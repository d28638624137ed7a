"""policy.cache.validation."""

from __future__ import annotations

import pytest

from arena.policy.cache.kept import Kept
from arena.policy.cache.validation import answers, for_304, freshened, is_known, questions
from tests.policy.cache.model import asking, kept

THEN = b"Sun, 06 Nov 1994 08:49:37 GMT"
TAGGED = kept(b'etag: W/"a"', b"last-modified: " + THEN)


def test_questions() -> None:
    assert questions(TAGGED) == [b'if-none-match: W/"a"', b"if-modified-since: " + THEN]
    assert questions(kept()) == []


@pytest.mark.parametrize(
    ("lines", "known"),
    [
        ((b'if-none-match: "a"',), True),
        ((b'if-none-match: W/"a"',), True),
        ((b'if-none-match: "x" , W/"a"',), True),
        ((b'if-none-match: "x,y", "a"',), True),
        ((b'if-none-match: ,, "a" ,',), True),
        ((b"if-none-match: *",), True),
        ((b'if-none-match: "A"',), False),
        ((b"if-none-match: a",), False),
        ((b'if-none-match: "a" "b"',), False),
        ((b'if-none-match: "a", b',), False),
        ((b"if-none-match:",), False),
        ((b"if-modified-since: " + THEN,), True),
        ((b"if-modified-since: Sun, 06 Nov 1994 08:49:36 GMT",), False),
        ((b'if-none-match: "x"', b"if-modified-since: " + THEN), False),
        ((), False),
    ],
)
def test_what_the_client_has(lines: tuple[bytes, ...], known: bool) -> None:
    assert is_known(TAGGED, asking(*lines)) is known


def test_only_a_200_is_known() -> None:
    assert not is_known(kept(b'etag: "a"', status=404), asking(b"if-none-match: *"))


def test_whose_304_it_is() -> None:
    assert answers(TAGGED, ()) and answers(TAGGED, (b'ETag: "a"',))
    assert not answers(TAGGED, (b'etag: "b"',)) and not answers(TAGGED, (b'etag: "a"', b'etag: "a"'))
    assert not answers(kept(), (b'etag: "b"',))


def test_what_a_304_changes() -> None:
    old = Kept(200, (b"A: 1", b"a: 2", b"Content-Type: x", b"Age: 9", b"b: 3"), b"body", 1.0, 2.0, shared=True)
    new = freshened(old, (b"a: new", b"content-type: y", b"content-length: 99", b"date: z"), 5.0, 6.0)
    assert new.lines == (b"Content-Type: x", b"b: 3", b"a: new", b"date: z")
    assert (new.body, new.asked_at, new.came_at, new.status) == (b"body", 5.0, 6.0, 200)


def test_what_belongs_into_a_304() -> None:
    lines = (b"ETag: x", b"Content-Type: y", b"content-location: /", b"vary: a", b"x-kind: b", b"content-encoding: br")
    assert for_304(lines) == (b"ETag: x", b"content-location: /", b"vary: a", b"x-kind: b")
