from __future__ import annotations

from arena.auth.api_key import ApiKey, KeyRing
from arena.auth.ledger import Ledger
from tests.arena_cli.conftest import Inside


def test_stdout_is_the_key_alone(inside: Inside) -> None:
    told = inside("key", "create", "--name", "partner", "--role", "user", "--role", "ops", "--ttl", "90d")
    assert told.out.startswith("arena_") and told.out.count("\n") == 1
    assert "for partner, roles user, ops; valid until" in told.err and "not shown again" in told.err
    (kept,) = Ledger(inside.folder.layout.api_keys, ApiKey).read()
    assert kept.expires_at is not None and round(kept.expires_at - kept.created_at) == 90 * 86400
    assert KeyRing([kept]).verify(told.out.strip(), 0.0).roles == {"user", "ops"}


def test_json(inside: Inside) -> None:
    told = inside("key", "create", "--name", "partner", "-o", "json")
    assert told.json["key"].startswith("arena_") and told.json["expires_at"] is None


def test_a_project_that_accepts_no_keys_says_so(inside: Inside) -> None:
    assert "api_keys: true" in inside("key", "create", "--name", "a").err
    file = inside.folder.path / "arena.yaml"
    file.write_text(file.read_text() + "gateway: {auth: {api_keys: true}}\n")
    assert "api_keys: true" not in inside("key", "create", "--name", "a").err


def test_what_no_key_can_carry_is_2(inside: Inside) -> None:
    for words in ((), ("--name", ""), ("--name", "a", "--role", "b c"), ("--name", "a", "--ttl", "0")):
        assert "error:" in inside("key", "create", *words, code=2).err
