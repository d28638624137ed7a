from __future__ import annotations

import pytest

from tests.arena_cli.conftest import Inside


def issued(inside: Inside, *words: str) -> str:
    return (inside("token", "issue", "--sub", "ana", "--role", "user", *words)).out.strip()


def test_a_good_token_from_the_command_line_and_from_stdin(inside: Inside) -> None:
    token = issued(inside)
    told = inside("token", "inspect", token)
    assert told.out.startswith("verified\n") and "subject    ana" in told.out and "roles      user" in told.out
    assert "subject    ana" in inside("token", "inspect", stdin=token + "\n").out
    assert "subject    ana" in inside("token", "inspect", "-", stdin=f"Bearer {token}").out
    assert (inside("token", "inspect", "-o", "json", token)).json["verdict"] == "verified"


def test_a_token_the_gateway_would_refuse_is_4(inside: Inside) -> None:
    header, claims, signature = (issued(inside)).split(".")
    told = inside("token", "inspect", f"{header}.{claims}.{signature[::-1]}", code=4)
    assert told.out.startswith("not verified: ") and "ana" in told.out


def test_junk_is_4(inside: Inside) -> None:
    assert (inside("token", "inspect", "junk", code=4)).out == ""


@pytest.mark.parametrize("words", [(), ("-",), ("",)])
@pytest.mark.parametrize("stdin", ["", " \n", "Bearer "])
def test_no_token_at_all_is_said(inside: Inside, words: tuple[str, ...], stdin: str) -> None:
    told = inside("token", "inspect", *words, stdin=stdin, code=2)
    assert told.out == "" and "no token was given" in told.err


def test_without_the_secret_nothing_is_claimed(inside: Inside) -> None:
    token = issued(inside)
    inside.folder.layout.token_keys.unlink()
    told = inside("token", "inspect", token, code=4)
    assert "without the secret" in told.out and not inside.folder.layout.token_keys.exists()
    (inside.folder.path / "arena.yaml").unlink()
    assert "without the secret" in inside("token", "inspect", token, code=4).out
