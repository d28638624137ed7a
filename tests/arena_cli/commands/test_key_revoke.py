from __future__ import annotations

from tests.arena_cli.conftest import Inside


def test_by_id_and_by_name(inside: Inside) -> None:
    made = [inside("key", "create", "--name", name, "-o", "json").json for name in ("one", "two")]
    assert f"revoked {made[0]['id']} (one)" in inside("key", "revoke", made[0]["id"]).err
    assert [entry["name"] for entry in inside("key", "list", "-o", "json").json] == ["two"]
    inside("key", "revoke", "two")
    assert inside("key", "list", "-o", "json").json == []


def test_an_unknown_one_is_2(inside: Inside) -> None:
    assert "there is no API key" in inside("key", "revoke", "x", code=2).err
