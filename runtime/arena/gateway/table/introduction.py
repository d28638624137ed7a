"""Who asks, told to the service in a header that it can verify and no client can forge.

The header is a statement signed for that very service (see `auth.signed`): one that it was given is worth nothing
elsewhere, and it holds the public key alone, so it can make none itself. Whatever a client sends under this name is dropped
before anybody looks (`wire.request`). A signature costs some 70 µs, so each is used for a minute of requests by the same
caller, who is known by the very object that authentication remembers him as.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Any

from arena.auth import signed
from arena.auth.signing_key import PublicKey, SigningKey
from arena.gateway.exchange import Exchange
from arena.model.principal import Principal

TTL = 300.0  # seconds: what a request may take between the filters and the service, and then some
_USED = 60.0  # seconds for which one is given out
_KEEP = 10_000  # of all services together
_LONGEST_KEPT = 4096  # bytes
_ANONYMOUS = Principal("anonymous")


class Introductions:
    """Makes and remembers them; `now` is the wall clock in Unix seconds. Until `use` was called nobody is introduced."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self.public: tuple[PublicKey, ...] = ()
        """What services verify with: the keys of now, and of a day ago."""
        self._now = now
        self._key: SigningKey | None = None
        self._count = 0
        self._introducers: dict[str, Introducer] = {}

    def use(self, keys: Iterable[SigningKey]) -> None:
        """Sign with the newest of these from now on. None at all is taken for a file that is being replaced."""
        ordered = sorted(keys, key=lambda key: key.created_at)
        if not ordered:
            return
        self.public = tuple(key.public for key in ordered)
        if ordered[-1] != self._key:
            self._key = ordered[-1]
            self._forget()

    def to(self, service: str, *, guarded: bool) -> Introducer:
        """Introduces callers to `service`. A guarded one answers nobody without an introduction, so it is told of anonymous
        callers too: that they came through the gateway is what counts."""
        introducer = self._introducers.get(service)
        if introducer is None:
            introducer = self._introducers[service] = Introducer(self, service)
        introducer.guarded = guarded
        return introducer

    def line(self, principal: Principal | None, service: str) -> bytes:
        """The header line, with its CR LF; b'' without a key."""
        if self._key is None:
            return b""
        kind = signed.PRINCIPAL if principal is not None else signed.ANONYMOUS
        who = principal or _ANONYMOUS
        token = signed.sign(self._key, kind, who.subject, service, ttl=TTL, now=self._now(), **_claims(who))
        return b"x-arena-principal: " + token.encode() + b"\r\n"

    def count(self) -> None:
        """One more is remembered; when there are too many all are forgotten."""
        self._count += 1
        if self._count > _KEEP:
            self._forget()

    def _forget(self) -> None:
        self._count = 0
        for introducer in self._introducers.values():
            introducer.forget()


class Introducer:
    """To one service: from an exchange to a header line, b'' where there is nobody to introduce."""

    __slots__ = ("_introductions", "_known", "_service", "guarded")

    def __init__(self, introductions: Introductions, service: str) -> None:
        self.guarded = False
        self._introductions = introductions
        self._service = service
        self._known: dict[int, tuple[Principal | None, bytes, float]] = {}

    def introduce(self, x: Exchange) -> bytes:
        """The line for the caller of `x`."""
        principal = x.principal
        if principal is None and not self.guarded:
            return b""
        # By identity, which costs no comparison; the one we hold cannot be replaced by another at its address.
        known = self._known.get(id(principal))
        if known is not None and x.began < known[2]:
            return known[1]
        return self._make(principal)

    def forget(self) -> None:
        """Sign anew."""
        self._known.clear()

    def _make(self, principal: Principal | None) -> bytes:
        line = self._introductions.line(principal, self._service)
        if line and len(line) <= _LONGEST_KEPT:
            if id(principal) not in self._known:
                self._introductions.count()
            self._known[id(principal)] = (principal, line, monotonic() + _USED)
        return line


def _claims(who: Principal) -> dict[str, Any]:
    """Of the caller's credential; what is absent or empty is left out. `jti` is the credential's, not this statement's own: it
    tells the service's log which token or key was used. `sub_id` (RFC 9493) says whose subject that is where it is not ours."""
    return {
        **({"roles": sorted(who.roles)} if who.roles else {}),
        **({"scope": " ".join(sorted(who.scopes))} if who.scopes else {}),
        **({"jti": who.token_id} if who.token_id else {}),
        **({"sub_id": {"format": "iss_sub", "iss": who.issuer, "sub": who.subject}} if who.issuer else {}),
    }
