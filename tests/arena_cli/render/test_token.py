from __future__ import annotations

import json
from typing import Any

import pytest

from arena.auth.token import Inspection, Issued, IssuedToken
from arena_cli.render import token
from arena_cli.tokens import ListedToken

ISSUED = Issued("a.b.c", "ana", ("user", "admin"), ("read",), "arena", "arena", 0, 3600, "id", "kid")


def test_the_note_beside_a_new_token() -> None:
    told = token.issued(ISSUED).plain
    assert told.startswith("for ana, roles user, admin, scope read; valid until 1970-01-01 ")
    assert "a.b.c" not in told


def test_a_verdict_with_its_reason_and_the_claims() -> None:
    claims = {"sub": "ana", "exp": 100, "roles": ["user"], "own": {"a": 1}}
    found = Inspection({"alg": "HS256"}, claims, "not verified", "the token expired 1 min ago", "token-expired")
    lines = token.inspection(found, now=160.0).plain.splitlines()
    assert lines[0] == "not verified: the token expired 1 min ago"
    assert [line.split()[0] for line in lines[1:]] == ["subject", "expires", "roles", "own", "algorithm"]
    assert lines[2].endswith("(1m 00s ago)") and lines[4].endswith('{"a": 1}')


@pytest.mark.parametrize("value", [1e300, -1e300, True, None, "x", [1], {"a": []}, 2**70, 2**39])
def test_strange_claims_are_shown_and_break_nothing(value: Any) -> None:
    token.inspection(Inspection({}, {"exp": value, "iat": value, "roles": value}, "not verified"), now=0.0)


def test_a_claim_cannot_steer_the_terminal() -> None:
    found = Inspection({"alg": "\x1b[2J"}, {"sub": "\x1b]0;x\x07", "roles": ["\x1b[1m"]}, "verified")
    assert "\x1b" not in token.inspection(found, now=0.0).plain


def test_json() -> None:
    assert json.loads(token.as_json(ISSUED))["roles"] == ["user", "admin"]


def test_a_line_per_token() -> None:
    rows = [
        ListedToken(IssuedToken("id1", "ana", ("user", "ops"), (), 0, 160, "k1"), "valid"),
        ListedToken(IssuedToken("id2", "\x1b[2J", (), (), 40, 400, "k0"), "revoked"),
    ]
    one, two = (
        [cell.strip() for cell in line.split("  ") if cell]
        for line in token.listing(rows, 100.0).plain.splitlines()[1:]
    )
    assert one == ["id1", "ana", "user, ops", "k1", "valid", "1m 40s ago", "in 1m 00s"]
    assert two[3:] == ["k0", "revoked", "1m 00s ago", "in 5m 00s"] and "\x1b" not in two[1]
