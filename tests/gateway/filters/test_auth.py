"""gateway.filters.auth: who gets in."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import jwt
import pytest

from arena.auth import api_key
from arena.auth.api_key import ApiKey, KeyRing, KeyUse
from arena.auth.issuers import Issuers
from arena.auth.ledger import Ledger
from arena.auth.revocation import Revocation
from arena.gateway.connection.client import ClientConnection
from arena.gateway.exchange import Exchange
from arena.gateway.filters import auth
from arena.gateway.filters.auth import Authenticator
from arena.gateway.stats import RouteStats
from arena.gateway.table.routing import Match
from arena.gateway.wire.request import RequestHead
from arena.model.principal import Principal
from arena.model.project import Jwt
from arena.model.route import Route
from arena.tasks import cancel, spawn
from tests.gateway.kit import (
    PATIENCE,
    SECRET,
    THEIRS,
    Gateway,
    Start,
    Stub,
    bearer,
    connected,
    eventually,
    get,
    post,
    theirs,
    token,
)

ROUTES = (
    Route("admin", "web", "/admin", roles=("admin", "root")),
    Route("open", "web", "/open", auth="none"),
    Route("any", "web", "/"),
)


@pytest.fixture
async def gateway(start: Start, stub: Stub) -> Gateway:
    return await start(stub.endpoint(), routes=ROUTES)


def unsigned() -> str:
    parts = [{"alg": "none", "typ": "JWT"}, jwt.decode(token("user"), options={"verify_signature": False})]
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts) + "."


def tampered() -> str:
    head, _, signature = token("user").split(".")
    return f"{head}.{token('admin').split('.')[1]}.{signature}"


async def test_a_valid_token_gets_in_and_is_named_in_the_log(gateway: Gateway, stub: Stub) -> None:
    async with connected(gateway) as client:
        assert (await client.ask(get("/x", bearer("user", sub='al"ice')))).status == 200
    assert (await gateway.line())["principal"] == 'al"ice'
    assert (stub.asked[0].header("authorization") or "").startswith("Bearer ")


async def test_the_log_says_whose_subject_it_is_where_it_is_not_ours(start: Start, stub: Stub) -> None:
    name = 'https://them/"x'
    gateway = await start(stub.endpoint(), routes=ROUTES, issuers=(Jwt(SECRET), replace(THEIRS, issuer=name)))
    async with connected(gateway) as client:
        for who in (bearer("user", sub="ann"), *[theirs("user", sub="ann", iss=name)] * 2):
            assert (await client.ask(get("/x", who))).status == 200
    lines = gateway.lines()
    assert [line["principal"] for line in lines] == ["ann"] * 3
    assert [line.get("issuer") for line in lines] == [None, name, name]


async def test_no_token_is_401_and_says_how_to_get_one(gateway: Gateway) -> None:
    async with connected(gateway) as client:
        for lines in ([], [b"Authorization: Basic YTpi\r\n"], [b"Authorization:\r\n"]):
            reply = await client.ask(get("/x", *lines))
            assert "arena token issue" in str(reply.problem(401, "unauthenticated")["detail"])
            assert reply.header("www-authenticate") == 'Bearer realm="arena"'


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (token("user", ttl=-60), "expired"),
        (token("user", ttl=3600, aud="others"), "meant for"),
        (token("user", ttl=3600, iss="others"), "issued by"),
        (token("user", ttl=3600, secret="another secret, of thirty-two bytes or more"), "signature"),
        (unsigned(), "HS256"),
        (tampered(), "signature"),
        ("junk", ""),
        ("a.b.c", ""),
        ("\xff\xfe", ""),
        ("x" * 20_000, ""),
    ],
    ids=["expired", "audience", "issuer", "signature", "none", "tampered", "junk", "dots", "bytes", "long"],
)
async def test_a_bad_token_is_401_and_says_what_is_wrong(gateway: Gateway, stub: Stub, bad: str, says: str) -> None:
    async with connected(gateway) as client:
        for _ in range(2):
            reply = await client.ask(get("/x", b"Authorization: Bearer " + bad.encode("latin-1") + b"\r\n"))
            assert says in str(reply.problem(401, "unauthenticated")["detail"])
            assert 'error="invalid_token"' in (reply.header("www-authenticate") or "")
    assert stub.asked == []


async def test_a_missing_role_is_403_and_names_it(gateway: Gateway, stub: Stub) -> None:
    async with connected(gateway) as client:
        reply = await client.ask(post(b"body", "/admin/x", bearer("user")))
        assert "admin or root" in str(reply.problem(403, "forbidden")["detail"])
        assert 'error="insufficient_scope"' in (reply.header("www-authenticate") or "")
        assert stub.asked == []
        assert (await client.ask(get("/admin/x", bearer("user", "root")))).status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/open/../admin",
        "/open/%2e%2e/admin",
        "//admin",
        "/./admin",
        "/%61dmin",
        "/open/..//admin/",
        "/open/..%2fadmin",
        "/admin%2fx",
    ],
)
async def test_no_spelling_of_a_path_dodges_its_route(gateway: Gateway, stub: Stub, path: str) -> None:
    async with connected(gateway) as client:
        assert (await client.ask(get(path, bearer("user")))).status in (400, 403)
        assert (await client.ask(get(path))).status in (400, 401)
    assert stub.asked == []


async def test_a_public_route_asks_for_nothing_and_believes_nothing(gateway: Gateway) -> None:
    async with connected(gateway) as client:
        assert (await client.ask(get("/open"))).status == 200
        assert (await client.ask(get("/open", b"Authorization: Bearer junk\r\n"))).status == 200
    assert [line["principal"] for line in gateway.lines()] == [None, None]


# The cache of verified tokens, with a clock of our own.


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
    head = RequestHead()
    head.authorization = credential
    return Exchange(ClientConnection.__new__(ClientConnection), head, Match('""', RouteStats("", "")), 0.0)


def issue(clock: Clock, ttl: float, sub: str = "a") -> bytes:
    claims = {"sub": sub, "iss": "arena", "aud": "arena", "exp": int(clock.now + ttl)}
    return b"Bearer " + jwt.encode(claims, SECRET, "HS256").encode()


def test_a_token_is_verified_once_and_forgotten_when_it_expires() -> None:
    clock, verifier = Clock(), Counting([Jwt(SECRET, leeway=5.0)])
    authenticate = Authenticator(verifier, clock)
    credential = issue(clock, 60)
    for _ in range(3):
        assert authenticate(exchange(credential)) is None
    assert verifier.calls == 1
    clock.now += 64
    assert authenticate(exchange(credential)) is None
    clock.now += 2
    refusal = authenticate(exchange(credential))
    assert refusal is not None
    assert (refusal.status, verifier.calls) == (401, 2)


def test_the_cache_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "_KEEP_TOKENS", 10)
    clock = Clock()
    authenticate = Authenticator(Issuers([Jwt(SECRET)]), clock)
    for n in range(50):
        assert authenticate(exchange(issue(clock, 60, f"user{n}"))) is None
        assert len(authenticate._known) <= 10


def test_the_scheme_has_no_case() -> None:
    clock = Clock()
    authenticate = Authenticator(Issuers([Jwt(SECRET)]), clock)
    assert authenticate(exchange(issue(clock, 60).replace(b"Bearer", b"bEARER"))) is None


# API keys.


class Keys:
    """A gateway that accepts them, and the list it reads."""

    def __init__(self, gateway: Gateway, ledger: Ledger[ApiKey]) -> None:
        self.gateway = gateway
        self.ledger = ledger

    def add(self, *roles: str) -> tuple[bytes, ApiKey]:
        key, kept = api_key.create("partner", roles)
        self.ledger.update(lambda keys: (*keys, kept))
        return key.encode(), kept

    async def status(self, *lines: bytes, path: str = "/x") -> int:
        async with connected(self.gateway) as client:
            return (await client.ask(get(path, *lines))).status


@pytest.fixture
async def keys(start: Start, stub: Stub, tmp_path: Path) -> AsyncIterator[Keys]:
    gateway = await start(stub.endpoint(), routes=ROUTES)
    ledger = Ledger(tmp_path / "keys.json", ApiKey)
    used = str(tmp_path / "used.json")
    gateway.view.use_spec(replace(gateway.view.spec, keys_file=str(ledger.path), keys_used_file=used))
    follow = spawn(gateway.view.follow_access(), name="access")
    yield Keys(gateway, ledger)
    await cancel(follow)


def header(key: bytes) -> bytes:
    return b"X-API-Key: " + key + b"\r\n"


async def until(keys: Keys, wanted: int, *lines: bytes) -> float:
    """Seconds until the gateway answers so."""
    began = time.monotonic()
    while await keys.status(*lines) != wanted:
        assert time.monotonic() < began + PATIENCE
        await asyncio.sleep(0.01)
    return time.monotonic() - began


async def test_a_key_gets_in_by_either_header_within_a_second_and_stays_here(keys: Keys, stub: Stub) -> None:
    key, _ = keys.add("user")
    assert await until(keys, 200, header(key)) < 1.0
    for lines in ([header(key)], [b"authorization: bearer " + key + b"\r\n"]):
        for _ in range(2):
            assert await keys.status(*lines) == 200
    await eventually(lambda: [line["principal"] for line in keys.gateway.lines()][-4:] == ["key:partner"] * 4)
    assert not any(key in asked.raw for asked in stub.asked)


@pytest.mark.parametrize("path", ["/x", "/open"])
async def test_no_copy_of_a_key_reaches_a_service_on_any_route(keys: Keys, stub: Stub, path: str) -> None:
    key, _ = keys.add("user")
    await until(keys, 200, header(key))
    bearer = b"Authorization: Bearer " + key + b"\r\n"
    for lines in ([header(key)], [bearer], [header(key), bearer]):
        assert await keys.status(*lines, path=path) == 200
    assert not any(key in asked.raw for asked in stub.asked)


async def test_a_revoked_key_is_out_within_a_second(keys: Keys) -> None:
    (one, _), (other, kept) = keys.add(), keys.add()
    await until(keys, 200, header(one))
    keys.ledger.update(lambda rows: [row for row in rows if row == kept])
    assert await until(keys, 401, header(one)) < 1.0
    assert await keys.status(header(other)) == 200


async def test_a_key_has_its_roles_and_no_others(keys: Keys) -> None:
    (user, _), (admin, _) = keys.add("user"), keys.add("admin")
    await until(keys, 200, header(admin))
    assert await keys.status(header(user), path="/admin") == 403
    assert await keys.status(header(admin), path="/admin") == 200


async def test_bad_keys(keys: Keys, stub: Stub) -> None:
    for bad in (b"arena_" + b"A" * 43, b"", b"\xff", b"x" * 20_000):
        assert await keys.status(header(bad)) == 401
        assert await keys.status(b"Authorization: Bearer arena_" + bad + b"\r\n") == 401
    key, _ = keys.add()
    await until(keys, 200, header(key))
    stub.asked.clear()
    assert await keys.status(b"Authorization: " + key + b"\r\n") == 401
    assert await keys.status(header(b"Bearer " + key)) == 401
    assert await keys.status(header(key), header(key)) == 400
    assert stub.asked == []


async def test_an_api_key_goes_before_a_token(keys: Keys, stub: Stub) -> None:
    key, _ = keys.add()
    await until(keys, 200, header(key))
    assert await keys.status(header(key), b"Authorization: Bearer sk-other\r\n") == 200
    assert stub.asked[-1].header("authorization") == "Bearer sk-other"
    assert await keys.status(header(b"arena_junk"), bearer("user")) == 401


async def test_tokens_go_on_working_and_the_refusal_names_both(keys: Keys) -> None:
    assert await keys.status(bearer("user")) == 200
    async with connected(keys.gateway) as client:
        detail = str((await client.ask(get("/x"))).problem(401, "unauthenticated")["detail"])
    assert "arena token issue" in detail and "X-API-Key" in detail


async def test_use_is_noted_when_the_gateway_is_asked_to(keys: Keys) -> None:
    key, kept = keys.add()
    await until(keys, 200, header(key))
    await keys.gateway.view.access.note_uses()
    (use,) = Ledger(Path(keys.gateway.view.spec.keys_used_file), KeyUse).read()
    assert use.key_id == kept.key_id and abs(use.at - time.time()) < 60


async def test_where_keys_are_off_the_header_is_the_services_own(gateway: Gateway, stub: Stub) -> None:
    async with connected(gateway) as client:
        assert (await client.ask(get("/x", header(b"arena_x")))).status == 401
        assert (await client.ask(get("/x", header(b"own"), bearer("user")))).status == 200
        assert (await client.ask(get("/open", header(b"own")))).status == 200
    assert [asked.header("x-api-key") for asked in stub.asked] == ["own", "own"]


def test_a_key_is_looked_up_every_few_seconds_and_until_it_expires() -> None:
    clock = Clock()
    key, kept = api_key.create("partner", [], 60, now=clock.now)
    ring = KeyRing([kept])
    authenticate = Authenticator(Issuers([Jwt(SECRET)]), clock)
    authenticate.accept(ring)
    for _ in range(3):
        assert authenticate(exchange(b"Bearer " + key.encode())) is None
        clock.now += 1
    assert ring.used == {kept.key_id: 1_000_000.0}
    clock.now += 3
    assert authenticate(exchange(b"Bearer " + key.encode())) is None
    assert ring.used == {kept.key_id: 1_000_006.0}
    clock.now = 1_000_060.0
    assert authenticate(exchange(b"Bearer " + key.encode())) is not None


def test_forgetting_verifies_everybody_anew() -> None:
    clock, verifier = Clock(), Counting([Jwt(SECRET)])
    authenticate = Authenticator(verifier, clock)
    for _ in range(2):
        assert authenticate(exchange(issue(clock, 60))) is None
        authenticate.forget()
    assert verifier.calls == 2


# Revocation.


async def test_revoked_tokens_are_out_within_a_second_by_id_and_by_subject(
    start: Start, stub: Stub, tmp_path: Path
) -> None:
    ledger = Ledger(tmp_path / "revoked.json", Revocation)
    gateway = await start(stub.endpoint(), routes=ROUTES)
    gateway.view.use_spec(replace(gateway.view.spec, revoked_file=str(ledger.path)))
    follow = spawn(gateway.view.follow_access(), name="access")
    now = int(time.time())
    one, other = (bearer("user", sub="ann", jti=jti, iat=now - 5) for jti in "ab")
    bob = bearer("user", sub="bob", jti="c", iat=now - 5)
    async with connected(gateway) as client:

        async def status(credential: bytes) -> int:
            return (await client.ask(get("/x", credential))).status

        async def refused(credential: bytes) -> float:
            began = time.monotonic()
            while await status(credential) != 401:
                assert time.monotonic() < began + PATIENCE
                await asyncio.sleep(0.01)
            return time.monotonic() - began

        assert [await status(each) for each in (one, other, bob)] == [200, 200, 200]
        ledger.update(lambda rows: [Revocation("token", "a", now)])
        assert await refused(one) < 1.0
        assert [await status(each) for each in (other, bob)] == [200, 200]
        ledger.update(lambda rows: [*rows, Revocation("subject", "ann", now)])
        assert await refused(other) < 1.0
        assert [await status(each) for each in (one, bob)] == [401, 200]
        assert await status(bearer("user", sub="ann", iat=now + 1)) == 200
        detail = str((await client.ask(get("/x", one))).problem(401, "unauthenticated")["detail"])
        assert "revoked" in detail
    await cancel(follow)


async def test_a_reload_forgets_no_revocation(start: Start, stub: Stub, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "revoked.json", Revocation)
    ledger.update(lambda rows: [Revocation("token", "a", 1)])
    gateway = await start(stub.endpoint(), routes=ROUTES)
    async with connected(gateway) as client:
        for _ in range(2):
            gateway.view.use_spec(replace(gateway.view.spec, revoked_file=str(ledger.path)))
            assert (await client.ask(get("/x", bearer("user", jti="a")))).status == 401
