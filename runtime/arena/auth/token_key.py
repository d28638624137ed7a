"""The keys that the project signs user tokens with: one at a time, and former ones that are accepted for a while.

A key's id is derived from its secret by HMAC, which gives away no more about the secret than any token signed with it does;
so a secret that a person chose has the same id everywhere, and nothing but secrets need be kept.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from arena.auth import verify_key
from arena.auth.key_set import KeySet
from arena.auth.ledger import Ledger
from arena.auth.secret import check_strength
from arena.errors import ConfigError, UsageError
from arena.model.project import Jwt

_LONGEST_OVERLAP = 10 * 366 * 86400.0  # what the longest token lives

_RANDOM_BYTES = 32  # RFC 7518 section 3.2: an HS256 key is at least as long as its hash


@dataclass(frozen=True, slots=True)
class TokenKey:
    """Times in Unix seconds. `until` None is the key to sign with; the others verify until then."""

    secret: str
    created_at: float
    until: float | None = None

    @property
    def kid(self) -> str:
        return kid_of(self.secret)


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation did: the key that signs now, and those that still verify."""

    present: TokenKey
    former: tuple[TokenKey, ...]


def kid_of(secret: str) -> str:
    """The id of the key that `secret` is: 12 hexadecimal digits."""
    return hmac.new(secret.encode(), b"arena token kid", sha256).hexdigest()[:12]


def kept(path: Path) -> Ledger[TokenKey]:
    """The keys kept in the file at `path`."""
    return Ledger(path, TokenKey)


def load(path: Path, now: float | None = None) -> tuple[TokenKey, ...]:
    """The keys that are good at `now` (Unix seconds, None for the machine's clock), the present one first; none when there is
    no file. Raises ConfigError for a file that cannot be used."""
    return usable(kept(path).read(), time.time() if now is None else now)


def load_or_create(path: Path) -> TokenKey:
    """The key to sign with, made of 256 random bits if there is none yet. Processes that race get the same one. Raises
    ConfigError for a file that cannot be used."""
    found = load(path)
    if not found:
        found = usable(kept(path).update(lambda rows: rows or (_make(time.time()),)), 0.0)
    return found[0]


def rotate(path: Path, overlap: float, now: float | None = None) -> Rotation:
    """Sign with a new key from now on, and accept what was accepted until now for another `overlap` seconds at most. Raises
    ConfigError for a file that cannot be used, UsageError for an overlap longer than any token lives."""
    if not 0.0 <= overlap <= _LONGEST_OVERLAP:
        raise UsageError("keys overlap for at most 10 years", hint="such as --overlap 1h")
    moment = time.time() if now is None else now

    def change(rows: tuple[TokenKey, ...]) -> Iterable[TokenKey]:
        ends = (replace(row, until=_sooner(row.until, moment + overlap)) for row in rows)
        return (_make(moment), *(row for row in ends if row.until is not None and row.until > moment))

    present, *former = kept(path).update(change)
    return Rotation(present, tuple(former))


def usable(rows: Iterable[TokenKey], now: float) -> tuple[TokenKey, ...]:
    """Those that are good at `now`, the one to sign with first. Raises ConfigError when there are keys and none signs, or one
    is too weak."""
    rows = tuple(rows)
    for row in rows:
        check_strength(row.secret, "a token key")
    present = [row for row in rows if row.until is None]
    if rows and not present:
        raise ConfigError("none of the token keys is the one to sign with", hint="`arena token rotate` makes one")
    return (*present, *(row for row in rows if row.until is not None and row.until > now))


def key_set(secrets: Iterable[str], jwt: Jwt) -> KeySet:
    """What tokens signed with any of these secrets are verified with. A `kid` of another program's does no harm: then every
    secret is tried. Raises ConfigError for a weak one, or algorithms that are not for secrets."""
    return KeySet((verify_key.of_secret(each, jwt, kid_of(each)) for each in secrets), ids_matter=False)


def _make(now: float) -> TokenKey:
    return TokenKey(secrets.token_urlsafe(_RANDOM_BYTES), now)


def _sooner(until: float | None, other: float) -> float:
    return other if until is None else min(until, other)
