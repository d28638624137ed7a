"""policy.cache.kept."""

from __future__ import annotations

from arena.policy.cache.kept import OVERHEAD, Kept, lines_to_give, lines_to_keep


def test_lines_are_kept_without_length_and_with_a_date() -> None:
    lines = lines_to_keep([b"Content-Length: 5", b"a: b"], 784111777.9)
    assert lines == (b"a: b", b"date: Sun, 06 Nov 1994 08:49:37 GMT")
    assert lines_to_keep([b"DATE: x"], 0.0) == (b"DATE: x",)


def test_age_is_written_anew() -> None:
    kept = Kept(200, (b"a: b", b"Age: 7"), b"body", 0.0, 0.0, shared=True)
    assert lines_to_give(kept, 9.9) == [b"a: b", b"age: 9"]
    assert kept.facts.age == 7.0
    assert kept.size > OVERHEAD + 4
