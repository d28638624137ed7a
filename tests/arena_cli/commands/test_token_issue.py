from __future__ import annotations

import stat

import jwt

from arena.auth import token_key
from tests.arena_cli.conftest import Inside


def test_stdout_is_the_token_alone(inside: Inside) -> None:
    told = inside("token", "issue", "--sub", "ana", "--role", "user", "--role", "admin", "--scope", "x", "--ttl", "2h")
    assert told.out.count("\n") == 1
    assert "for ana, roles user, admin, scope x; valid until" in told.err
    kept = inside.folder.layout.token_keys
    (key,) = token_key.load(kept)
    claims = jwt.decode(told.out.strip(), key.secret, algorithms=["HS256"], audience="arena", issuer="arena")
    assert (claims["sub"], claims["roles"], claims["scope"]) == ("ana", ["user", "admin"], "x")
    assert claims["exp"] - claims["iat"] == 7200
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE((inside.folder.path / ".arena").stat().st_mode) == 0o700
    assert (inside.folder.path / ".arena" / ".gitignore").read_text() == "*\n"


def test_json(inside: Inside) -> None:
    told = inside("token", "issue", "--sub", "ana", "-o", "json")
    assert told.json["subject"] == "ana" and told.json["token"].count(".") == 2 and told.err == ""


def test_what_no_token_can_carry_is_2(inside: Inside) -> None:
    for words in ((), ("--sub", ""), ("--sub", "a", "--role", "two words"), ("--sub", "a", "--ttl", "0")):
        assert "error:" in (inside("token", "issue", *words, code=2)).err
