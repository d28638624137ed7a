from __future__ import annotations

from tests.arena_cli.conftest import Inside


def test_what_was_issued_without_the_token(inside: Inside) -> None:
    issued = inside("token", "issue", "--sub", "ana", "--role", "user", "-o", "json").json
    told = inside("token", "list")
    heading, row = told.out.splitlines()
    assert heading.startswith("ID ")
    assert (
        row.split()[:4] == [issued["token_id"], "ana", "user", issued["kid"]]
        and row.split()[4] == "valid"
        and " in 59m " in row
    )
    (listed,) = inside("token", "list", "-o", "json").json
    assert (listed["token_id"], listed["state"], "token" in listed) == (issued["token_id"], "valid", False)
    assert issued["token"].rpartition(".")[2] not in told.out


def test_none(inside: Inside) -> None:
    told = inside("token", "list")
    assert told.out == "" and "arena token issue" in told.err
    assert inside("token", "list", "-o", "json").json == []
