"""gateway.refusal: answers of our own."""

from __future__ import annotations

import json

import pytest

from arena.gateway.refusal import TITLES, Refusal, of_wire, reply


def test_a_problem_has_the_members_of_rfc_9457_and_a_request_id() -> None:
    problem = json.loads(Refusal(404, "not-found", 'no "route"').body(b"r-1"))
    assert problem == {
        "type": "urn:arena:problem:not-found",
        "title": TITLES["not-found"],
        "status": 404,
        "detail": 'no "route"',
        "request_id": "r-1",
    }


def test_who_caused_it_decides_the_outcome() -> None:
    ours, theirs, early = (
        Refusal(504, "upstream-timeout", ""),
        Refusal(504, "deadline-exceeded", "", by_client=True),
        of_wire(501, ""),
    )
    assert [one.outcome(sent=False) for one in (ours, theirs, early)] == ["failed", "refused", "refused"]
    assert [one.outcome(sent=True) for one in (ours, theirs)] == ["failed", "left"]
    assert Refusal(413, "body-too-large", "").outcome(sent=True) == "refused"


@pytest.mark.parametrize("status", [400, 408, 413, 417, 431, 501, 505])
def test_every_status_of_the_wire_has_a_kind(status: int) -> None:
    refusal = of_wire(status, "why")
    assert refusal.close
    assert refusal.kind in TITLES


def test_a_reply_for_head_announces_what_it_leaves_out() -> None:
    whole = reply(200, b"text/plain", b"body", (b"x-a: 1", b""))
    first, date, rest = whole.split(b"\r\n", 2)
    assert (first, date[:6]) == (b"HTTP/1.1 200 OK", b"date: ")
    assert rest == b"content-type: text/plain\r\ncontent-length: 4\r\nx-a: 1\r\n\r\nbody"
    assert reply(200, b"text/plain", b"body", (b"x-a: 1", b""), head_only=True).endswith(rest[:-4])
