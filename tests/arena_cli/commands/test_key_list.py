from __future__ import annotations

from tests.arena_cli.conftest import Inside


def test_everything_but_the_key(inside: Inside) -> None:
    made = inside("key", "create", "--name", "partner", "--role", "user", "-o", "json").json
    told = inside("key", "list")
    heading, row = told.out.splitlines()
    assert heading.split("  ")[0] == "ID" and row.split()[:3] == [made["id"], "partner", "user"]
    assert row.rstrip().endswith("never")
    listed = inside("key", "list", "-o", "json")
    assert [entry["id"] for entry in listed.json] == [made["id"]]
    assert all(made["key"][6:] not in text and "digest" not in text for text in (told.out, listed.out))


def test_none(inside: Inside) -> None:
    told = inside("key", "list")
    assert told.out == "" and "arena key create" in told.err
    assert inside("key", "list", "-o", "json").json == []
