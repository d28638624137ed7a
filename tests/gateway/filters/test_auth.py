"""gateway.filters.auth: who gets in."""

from __future__ import annotations

import base64
import json

import jwt
import pytest

from arena.auth.jwt import Verifier
from arena.gateway.client import ClientConnection
from arena.gateway.exchange import Exchange
from arena.gateway.filters import auth
from arena.gateway.filters.auth import Authenticator
from arena.gateway.routing import Match
from arena.gateway.stats import RouteStats
from arena.gateway.wire.request import RequestHead
from arena.model.project import Jwt
from arena.model.route import Route
from tests.gateway.kit import SECRET, Gateway, Start, Stub, bearer, connected, get, post, token

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
        (token("user", aud="others"), "meant for"),
        (token("user", iss="others"), "issued by"),
        (token("user", secret="another secret, of thirty-two bytes or more"), "signature"),
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


class Counting(Verifier):
    calls = 0

    def verify(self, token: str, now: float | None = None) -> object:  # type: ignore[override]
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
    clock, verifier = Clock(), Counting(Jwt(SECRET, leeway=5.0))
    authenticate = Authenticator(verifier, 5.0, clock)
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
    authenticate = Authenticator(Verifier(Jwt(SECRET)), 0.0, clock)
    for n in range(50):
        assert authenticate(exchange(issue(clock, 60, f"user{n}"))) is None
        assert len(authenticate._known) <= 10


def test_the_scheme_has_no_case() -> None:
    clock = Clock()
    authenticate = Authenticator(Verifier(Jwt(SECRET)), 0.0, clock)
    assert authenticate(exchange(issue(clock, 60).replace(b"Bearer", b"bEARER"))) is None
