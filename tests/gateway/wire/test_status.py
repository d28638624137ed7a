"""gateway.wire.status."""

from __future__ import annotations

from arena.gateway.wire.status import STATUS_LINES


def test_every_status_has_a_line_with_the_phrase_that_the_standard_has_for_it() -> None:
    assert STATUS_LINES[200] == b"HTTP/1.1 200 OK"
    assert STATUS_LINES[429] == b"HTTP/1.1 429 Too Many Requests"
    assert STATUS_LINES[299] == b"HTTP/1.1 299 Status"
    assert list(STATUS_LINES) == list(range(100, 600))
