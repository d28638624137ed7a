from __future__ import annotations

import pytest

from tests.arena_cli.conftest import Inside


def test_by_id_and_what_inspect_says_then(inside: Inside) -> None:
    issued = inside("token", "issue", "--sub", "ana", "-o", "json").json
    assert f"revoked {issued['token_id']} (ana)" in inside("token", "revoke", issued["token_id"]).err
    assert inside("token", "list").out.splitlines()[1].split()[4] == "revoked"
    assert "not verified: the token was revoked" in inside("token", "inspect", issued["token"], code=4).out


def test_by_subject(inside: Inside) -> None:
    old = [inside("token", "issue", "--sub", "ana").out.strip() for _ in range(2)]
    assert "revoked every token of ana; 2 valid ones on the list" in inside("token", "revoke", "--sub", "ana").err
    new = inside("token", "issue", "--sub", "ana").out.strip()
    for token in old:
        assert "was revoked" in inside("token", "inspect", token, code=4).out
    inside("token", "inspect", new)


def test_an_unknown_id_is_a_slip_unless_it_is_said_to_be_none(inside: Inside) -> None:
    told = inside("token", "revoke", "strange", code=2)
    assert "nothing is revoked" in told.err and "--unlisted" in told.err
    assert not inside.folder.layout.tokens_revoked.exists()
    assert "revoked strange, which was not issued here" in inside("token", "revoke", "strange", "--unlisted").err
    assert "strange" in inside.folder.layout.tokens_revoked.read_text()


@pytest.mark.parametrize("words", [(), ("id", "--sub", "ana"), ("",), ("--sub", "")])
def test_one_or_the_other(inside: Inside, words: tuple[str, ...]) -> None:
    assert "error:" in inside("token", "revoke", *words, code=2).err


def test_of_one_issuer(inside: Inside) -> None:
    old = inside("token", "issue", "--sub", "ana").out.strip()
    told = inside("token", "revoke", "--sub", "ana", "--issuer", "them", code=2).err
    assert "no tokens of 'them' are accepted here" in told and "--issuer arena" in told
    inside("token", "inspect", old)
    assert (
        "every token of ana issued by arena; 1 valid one"
        in inside("token", "revoke", "--sub", "ana", "--issuer", "arena").err
    )
    assert "was revoked" in inside("token", "inspect", old, code=4).out
