"""gateway.filters.auth: who was verified is remembered, with a clock of our own."""

from __future__ import annotations

import jwt
import pytest

from arena.auth import api_key
from arena.auth.api_key import KeyRing
from arena.auth.issuers import Issuers
from arena.gateway.connection.client import ClientConnection
from arena.gateway.exchange import Exchange
from arena.gateway.filters import auth
from arena.gateway.filters.auth import Authenticator
from arena.gateway.stats import RouteStats
from arena.gateway.table.match import Match
from arena.gateway.wire.request import NO_HEAD, changed
from arena.model.principal import Principal
from arena.model.project import Jwt
from tests.gateway.kit import SECRET


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class Counting(Issuers):
    calls = 0

    def verify(self, token: str, now: float) -> tuple[Principal, float]:
        self.calls += 1
        return super().verify(token, now)


def exchange(credential: bytes) -> Exchange:
    head = changed(NO_HEAD, authorization=credential)
    return Exchange(ClientConnection.__new__(ClientConnection), head, Match(b'""', RouteStats("", "")), 0.0)


def issue(clock: Clock, ttl: float, sub: str = "a") -> bytes:
    claims = {"sub": sub, "iss": "arena", "aud": "arena", "exp": int(clock.now + ttl)}
    return b"Bearer " + jwt.encode(claims, SECRET, "HS256").encode()


def test_a_token_is_verified_once_and_forgotten_when_it_expires() -> None:
    clock, verifier = Clock(), Counting([Jwt(SECRET, leeway=5.0)])
    authenticate = Authenticator(verifier, clock)
    credential = issue(clock, 60)
    for _ in range(3):
        assert authenticate.check(exchange(credential)) is None
    assert verifier.calls == 1
    clock.now += 64
    assert authenticate.check(exchange(credential)) is None
    clock.now += 2
    refusal = authenticate.check(exchange(credential))
    assert refusal is not None
    assert (refusal.status, verifier.calls) == (401, 2)


def test_the_cache_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "_KEEP_TOKENS", 10)
    clock = Clock()
    authenticate = Authenticator(Issuers([Jwt(SECRET)]), clock)
    for n in range(50):
        assert authenticate.check(exchange(issue(clock, 60, f"user{n}"))) is None
        assert len(authenticate._known) <= 10


def test_the_scheme_has_no_case() -> None:
    clock = Clock()
    authenticate = Authenticator(Issuers([Jwt(SECRET)]), clock)
    assert authenticate.check(exchange(issue(clock, 60).replace(b"Bearer", b"bEARER"))) is None


def test_a_key_is_looked_up_every_few_seconds_and_until_it_expires() -> None:
    clock = Clock()
    key, kept = api_key.create("partner", [], 60, now=clock.now)
    ring = KeyRing([kept])
    authenticate = Authenticator(Issuers([Jwt(SECRET)]), clock)
    authenticate.accept(ring)
    for _ in range(3):
        assert authenticate.check(exchange(b"Bearer " + key.encode())) is None
        clock.now += 1
    assert ring.used == {kept.key_id: 1_000_000.0}
    clock.now += 3
    assert authenticate.check(exchange(b"Bearer " + key.encode())) is None
    assert ring.used == {kept.key_id: 1_000_006.0}
    clock.now = 1_000_060.0
    assert authenticate.check(exchange(b"Bearer " + key.encode())) is not None


def test_forgetting_verifies_everybody_anew() -> None:
    clock, verifier = Clock(), Counting([Jwt(SECRET)])
    authenticate = Authenticator(verifier, clock)
    for _ in range(2):
        assert authenticate.check(exchange(issue(clock, 60))) is None
        authenticate.forget()
    assert verifier.calls == 2
