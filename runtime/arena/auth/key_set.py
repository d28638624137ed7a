"""The keys of one issuer, of which a token's `kid` picks.

A `kid` is a hint and nothing more (RFC 7515 section 4.1.4): it is an attacker's to choose, so all it can do is to narrow which
of the issuer's own keys are tried. Where ids are not unique every key of that id is tried; keys without an id are tried for
every token that names no known one.
"""

from __future__ import annotations

from collections.abc import Iterable

from arena.auth.verify_key import VerifyKey

MAX_KEYS = 64


class KeySet:
    """Keys in the order they were given; those beyond the 64th are left out, so that no token costs more checks than that."""

    def __init__(self, keys: Iterable[VerifyKey], *, ids_matter: bool = True) -> None:
        """`ids_matter`: a key with an id verifies no token that names another id."""
        self.keys = tuple(keys)[:MAX_KEYS]
        self._named: dict[str, tuple[VerifyKey, ...]] = {}
        for key in self.keys:
            if key.kid:
                self._named[key.kid] = (*self._named.get(key.kid, ()), key)
        self._others = tuple(key for key in self.keys if not (key.kid and ids_matter))

    def candidates(self, kid: object, algorithm: str) -> tuple[VerifyKey, ...]:
        """The keys that may have signed a token whose header says `kid` (None when it says nothing) and this algorithm."""
        tried = self.keys if kid is None else (self._named.get(kid) if isinstance(kid, str) else None) or self._others
        return tuple(key for key in tried if algorithm in key.algorithms)

    def knows(self, kid: object) -> bool:
        """Whether a key has this id; also when the token names none, or no key has one."""
        return kid is None or not self._named or (isinstance(kid, str) and kid in self._named)
