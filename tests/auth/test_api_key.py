import hashlib

import pytest

from arena.auth import api_key, errors
from arena.auth.api_key import ApiKey, KeyRing
from arena.errors import UsageError

NOW = 1_700_000_000.0


def make(name: str = "partner", *roles: str, ttl: float | None = None) -> tuple[str, ApiKey]:
    return api_key.create(name, roles, ttl, now=NOW)


def test_a_key_is_256_random_bits_and_only_its_digest_is_kept() -> None:
    keys = [make()[0] for _ in range(50)]
    assert len(set(keys)) == 50
    assert all(key.startswith("arena_") and len(key) == 6 + 43 for key in keys)
    key, kept = make()
    assert kept.digest == hashlib.sha256(key.encode()).hexdigest()
    assert key not in repr(kept) and key[6:] not in repr(kept)


def test_a_bearer_is_the_name_with_the_roles() -> None:
    key, kept = make("partner", "user", "user", "ops", ttl=60)
    principal = KeyRing([kept]).verify(key, NOW)
    assert (principal.subject, principal.roles, principal.token_id) == ("key:partner", {"user", "ops"}, kept.key_id)
    assert principal.expires_at == NOW + 60
    assert kept.roles == ("user", "ops")


def test_use_is_noted_and_refusals_are_not() -> None:
    key, kept = make(ttl=60)
    ring = KeyRing([kept])
    ring.verify(key, NOW + 5)
    for bad, now in ((key, NOW + 60), (key + "x", NOW)):
        with pytest.raises(errors.KeyRefused):
            ring.verify(bad, now)
    assert ring.used == {kept.key_id: NOW + 5}


def test_a_key_without_a_ttl_never_expires() -> None:
    key, kept = make()
    assert KeyRing([kept]).verify(key, NOW + 1e9).expires_at is None


def test_an_expired_key() -> None:
    key, kept = make(ttl=60)
    with pytest.raises(errors.KeyExpired) as caught:
        KeyRing([kept]).verify(key, NOW + 60)
    assert key not in str(caught.value) + caught.value.hint


@pytest.mark.parametrize("junk", ["", "arena_", "arena_" + "A" * 43, "x" * 100_000, "\udcff", "é", "\x00"])
def test_junk_is_unknown(junk: str) -> None:
    with pytest.raises(errors.KeyUnknown) as caught:
        KeyRing([make()[1]]).verify(junk, NOW)
    assert len(caught.value.message) < 100


def test_the_digest_is_no_key() -> None:
    _, kept = make()
    with pytest.raises(errors.KeyUnknown):
        KeyRing([kept]).verify(kept.digest, NOW)


def test_a_key_that_was_taken_out_is_unknown() -> None:
    (one, kept_one), (other, kept_other) = make(), make()
    ring = KeyRing([kept_one, kept_other])
    ring.replace([kept_other])
    with pytest.raises(errors.KeyUnknown):
        ring.verify(one, NOW)
    assert ring.verify(other, NOW).token_id == kept_other.key_id


@pytest.mark.parametrize(
    ("name", "roles", "ttl"),
    [("", [], None), ("two words", [], None), ("a", ["b c"], None), ("a", [], 0), ("a", [], -1), ("a", [], 1e12),
     ("a", [], float("nan"))],
)  # fmt: skip
def test_what_makes_no_sense(name: str, roles: list[str], ttl: float | None) -> None:
    with pytest.raises(UsageError):
        api_key.create(name, roles, ttl)
