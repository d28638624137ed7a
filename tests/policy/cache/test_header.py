"""policy.cache.header."""

from __future__ import annotations

from arena.policy.cache.header import by_name, items, joined


def test_lines_are_gathered_by_name() -> None:
    found = by_name([b"A: 1", b"b:2", b"a:  3\t", b"c:"])
    assert found == {b"a": [b"1", b"3"], b"b": [b"2"], b"c": [b""]}
    assert (joined(found[b"a"]), joined(found[b"c"]), joined(None)) == (b"1, 3", b"", None)


def test_lists_of_names() -> None:
    assert items([b"A, b ,,", b"*"]) == (b"a", b"b", b"*")
