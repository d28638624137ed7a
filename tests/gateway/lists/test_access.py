"""gateway.access: API keys that come and go while the gateway runs."""

from __future__ import annotations

import logging
from contextlib import nullcontext
from pathlib import Path

import pytest

from arena.auth import api_key
from arena.auth.api_key import ApiKey, KeyUse
from arena.auth.errors import TokenRevoked
from arena.auth.ledger import Ledger
from arena.auth.revocation import Revocation
from arena.errors import ConfigError
from arena.gateway.lists.access import Access
from arena.model.gateway import GatewaySpec
from arena.model.principal import Principal
from arena.model.project import GatewaySettings, Jwt

SETTINGS = GatewaySettings(issuers=(Jwt("s" * 32),))
NOW = 1_700_000_000.0


@pytest.fixture
def spec(tmp_path: Path) -> GatewaySpec:
    keys, used = tmp_path / "secrets" / "keys.json", tmp_path / "used.json"
    return GatewaySpec("p", SETTINGS, keys_file=str(keys), keys_used_file=str(used))


def kept(spec: GatewaySpec) -> Ledger[ApiKey]:
    return Ledger(Path(spec.keys_file), ApiKey)


def uses(spec: GatewaySpec) -> dict[str, float]:
    return {use.key_id: use.at for use in Ledger(Path(spec.keys_used_file), KeyUse).read()}


def add(spec: GatewaySpec, name: str = "partner") -> tuple[str, ApiKey]:
    key, row = api_key.create(name, ["user"], now=NOW)
    kept(spec).update(lambda rows: (*rows, row))
    return key, row


def ring(access: Access) -> api_key.KeyRing:
    assert access.keys is not None
    return access.keys


def test_without_a_file_no_keys_are_accepted() -> None:
    assert Access(GatewaySpec("p", SETTINGS)).keys is None


async def test_what_is_added_and_taken_out_is_seen(spec: GatewaySpec) -> None:
    first, _ = add(spec)
    access = Access(spec)
    assert ring(access).verify(first, NOW).subject == "key:partner"
    assert await access.refresh() is False
    second, _ = add(spec)
    assert await access.refresh() is True
    assert ring(access).verify(second, NOW)
    kept(spec).update(lambda rows: rows[1:])
    assert await access.refresh() is True
    with pytest.raises(api_key.KeyUnknown):
        ring(access).verify(first, NOW)
    Path(spec.keys_file).unlink()
    assert await access.refresh() is True
    with pytest.raises(api_key.KeyUnknown):
        ring(access).verify(second, NOW)


async def test_a_list_that_breaks_leaves_the_last_good_one_and_is_told_once(
    spec: GatewaySpec, caplog: pytest.LogCaptureFixture
) -> None:
    key, _ = add(spec)
    access = Access(spec)
    good = Path(spec.keys_file).read_text()
    Path(spec.keys_file).write_text("[{]")
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            assert await access.refresh() is False
    assert ring(access).verify(key, NOW)
    assert len(caplog.records) == 1 and "is damaged" in caplog.text
    Path(spec.keys_file).write_text(good)
    assert await access.refresh() is True


def test_a_gateway_does_not_start_with_a_list_it_cannot_read(spec: GatewaySpec) -> None:
    add(spec)
    Path(spec.keys_file).chmod(0o644)
    with pytest.raises(ConfigError, match="others can read"):
        Access(spec)


async def test_uses_are_noted_merged_and_forgotten_with_their_key(spec: GatewaySpec) -> None:
    (one, row_one), (two, row_two) = add(spec), add(spec)
    access = Access(spec)
    await access.note_uses()
    assert not Path(spec.keys_used_file).exists()
    ring(access).verify(one, NOW)
    ring(access).verify(two, NOW + 5)
    await access.note_uses()
    assert uses(spec) == {row_one.key_id: NOW, row_two.key_id: NOW + 5}
    ring(access).verify(two, NOW)  # a clock that went back
    kept(spec).update(lambda rows: [row_two])
    await access.refresh()
    await access.note_uses()
    assert uses(spec) == {row_two.key_id: NOW + 5}


async def test_uses_that_cannot_be_noted_are_kept_for_later(
    spec: GatewaySpec, caplog: pytest.LogCaptureFixture
) -> None:
    key, row = add(spec)
    access = Access(spec)
    ring(access).verify(key, NOW)
    Path(spec.keys_used_file).mkdir()
    await access.note_uses()
    assert "not noted" in caplog.text
    Path(spec.keys_used_file).rmdir()
    await access.note_uses()
    assert uses(spec) == {row.key_id: NOW}


async def test_a_swap_of_specs_loses_no_use(spec: GatewaySpec) -> None:
    key, row = add(spec)
    before, after = Access(spec), Access(spec)
    ring(before).verify(key, NOW)
    after.take_over(before)
    await after.note_uses()
    assert uses(spec) == {row.key_id: NOW}
    Access(GatewaySpec("p", SETTINGS)).take_over(after)


async def test_revocations_are_followed_as_well(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "revoked.json", Revocation)
    access = Access(GatewaySpec("p", SETTINGS, revoked_file=str(ledger.path)))
    access.revoked.check(Principal("ann", token_id="t"))
    ledger.update(lambda rows: [Revocation("token", "t", 1)])
    assert await access.refresh() is True
    with pytest.raises(TokenRevoked):
        access.revoked.check(Principal("ann", token_id="t"))


@pytest.mark.parametrize(("issuer", "refused"), [("arena", True), ("", True), ("them", False)])
def test_a_revocation_of_ours_is_known_by_the_name_of_the_issuer_we_sign_for(
    tmp_path: Path, issuer: str, refused: bool
) -> None:
    ledger = Ledger(tmp_path / "revoked.json", Revocation)
    ledger.update(lambda rows: [Revocation("token", "t", 1, issuer=issuer)])
    access = Access(GatewaySpec("p", SETTINGS, revoked_file=str(ledger.path)))
    with pytest.raises(TokenRevoked) if refused else nullcontext():
        access.revoked.check(Principal("ann", token_id="t"))


def test_a_gateway_does_not_start_when_it_cannot_tell_what_is_revoked(tmp_path: Path) -> None:
    (tmp_path / "revoked.json").write_text("junk")
    (tmp_path / "revoked.json").chmod(0o600)
    with pytest.raises(ConfigError, match="is damaged"):
        Access(GatewaySpec("p", SETTINGS, revoked_file=str(tmp_path / "revoked.json")))
