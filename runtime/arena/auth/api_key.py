"""API keys: long-lived credentials for programs, shown once and kept only as their SHA-256 digest.

A key is `arena_` and 256 random bits, so a plain digest is enough: there is nothing to guess that a slow hash would make
dearer (unlike a password, OWASP ASVS 2.9). A bearer is the principal `key:<name>`; several keys may share a name, so that a
partner can change keys without being another caller in between.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from arena.auth import wording
from arena.auth.errors import KeyExpired, KeyUnknown
from arena.errors import UsageError
from arena.model.principal import Principal

PREFIX = "arena_"
_LONGEST_TTL = 10 * 366 * 86400.0
_ASK = "ask whoever runs this project for a new one: `arena key create --name NAME --role ROLE`"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is kept of a key: never the key. Times in Unix seconds; `expires_at` None for never."""

    key_id: str
    name: str
    roles: tuple[str, ...]
    digest: str
    created_at: float
    expires_at: float | None = None


@dataclass(frozen=True, slots=True)
class KeyUse:
    """When a key last let its bearer in, in Unix seconds, a few seconds late at most."""

    key_id: str
    at: float


def create(
    name: str, roles: Iterable[str], ttl: float | None = None, *, now: float | None = None
) -> tuple[str, ApiKey]:
    """A new key, and what to keep of it. `ttl` in seconds, None for ever. Raises UsageError for a name, a role or a lifetime
    that makes no sense."""
    if ttl is not None and not 0 < ttl <= _LONGEST_TTL:
        raise UsageError("a key must live for more than 0 seconds and at most 10 years", hint="such as --ttl 90d")
    moment = time.time() if now is None else now
    key = PREFIX + secrets.token_urlsafe(32)
    kept = ApiKey(
        key_id=secrets.token_hex(6),
        name=wording.check_name(name, "name"),
        roles=tuple(dict.fromkeys(wording.check_name(role, "role") for role in roles)),
        digest=_digest(key),
        created_at=moment,
        expires_at=None if ttl is None else moment + ttl,
    )
    return key, kept


class KeyRing:
    """The keys that are valid now. `used` says when each last let someone in; whoever keeps it may empty it."""

    def __init__(self, keys: Iterable[ApiKey] = ()) -> None:
        self.used: dict[str, float] = {}
        self.replace(keys)

    def replace(self, keys: Iterable[ApiKey]) -> None:
        """Know these keys from now on, and no others."""
        self._keys = {key.digest: key for key in keys}

    @property
    def ids(self) -> frozenset[str]:
        """Which keys these are."""
        return frozenset(key.key_id for key in self._keys.values())

    def verify(self, key: str, now: float) -> Principal:
        """Who the key speaks for. `now` is Unix seconds. Raises a KeyRefused."""
        digest = _digest(key)
        # Found by the digest of what was sent, which nobody can steer: how long that takes says nothing of any key.
        found = self._keys.get(digest)
        if found is None or not hmac.compare_digest(found.digest, digest):
            raise KeyUnknown("the API key is not known here; it may have been revoked", hint=_ASK)
        if found.expires_at is not None and now >= found.expires_at:
            raise KeyExpired("the API key has expired", hint=_ASK)
        self.used[found.key_id] = now
        return Principal(
            wording.KEY_SUBJECT + found.name, frozenset(found.roles), frozenset(), found.expires_at, found.key_id
        )


def _digest(key: str) -> str:
    return sha256(key.encode("utf-8", "surrogateescape")).hexdigest()
