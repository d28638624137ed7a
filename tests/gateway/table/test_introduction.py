"""gateway.introduction: services are told who asks, and clients cannot tell them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.auth import api_key, errors, signed, signing_key
from arena.auth.api_key import KeyRing
from arena.auth.ledger import Ledger
from arena.auth.signed import ANONYMOUS, PRINCIPAL, Statement
from arena.auth.signing_key import SigningKey
from arena.gateway.exchange import Exchange
from arena.gateway.stats import RouteStats
from arena.gateway.table import introduction
from arena.gateway.table.introduction import Introductions
from arena.gateway.table.match import Match
from arena.gateway.wire.request import NO_HEAD, RequestReader
from arena.model.principal import Principal
from arena.model.project import Jwt
from arena.model.route import Route
from tests.gateway.kit import (
    SECRET,
    THEIRS,
    Answer,
    Asked,
    Gateway,
    Start,
    Stub,
    Talk,
    bearer,
    connected,
    get,
    post,
    theirs,
)

ROUTES = (
    Route("any", "web", "/"),
    Route("db", "db", "/db"),
    Route("open", "web", "/open", auth="none"),
    Route("socket", "web", "/ws", upgrade="websocket"),
)
KEY = signing_key.make()
NAME = b"x-arena-principal"


@pytest.fixture
def keys(tmp_path: Path) -> Ledger[SigningKey]:
    ledger = Ledger(tmp_path / "keys" / "signing-keys.json", SigningKey)
    ledger.update(lambda _: [KEY])
    return ledger


def heard(asked: Asked, service: str = "web", key: SigningKey = KEY) -> Statement:
    told = asked.header(NAME.decode())
    assert told is not None, "nobody was introduced"
    return signed.verify(told, [key.public], (PRINCIPAL, ANONYMOUS), service, time.time())


@pytest.fixture
async def gateway(start: Start, stub: Stub, keys: Ledger[SigningKey]) -> Gateway:
    return await start(stub.endpoint(), stub.endpoint("db", "db-1"), routes=ROUTES, signing_keys=keys.path)


async def test_the_service_is_told_who_asks(gateway: Gateway, stub: Stub) -> None:
    async with connected(gateway) as client:
        await client.ask(get("/x", bearer("user", "admin", sub="ana", jti="t-1", scope="read")))
        await client.ask(post(b"body", "/x", bearer(sub="ben")))
    ana, ben = (heard(asked).principal for asked in stub.asked)
    assert (ana.subject, ana.roles, ana.scopes, ana.token_id) == ("ana", {"user", "admin"}, {"read"}, "t-1")
    assert (ben.subject, ben.roles, ben.scopes) == ("ben", set(), set())


async def test_the_service_is_told_whose_subject_it_is(start: Start, stub: Stub, keys: Ledger[SigningKey]) -> None:
    accepted = (Jwt(SECRET), THEIRS)
    gateway = await start(stub.endpoint(), routes=ROUTES[:1], signing_keys=keys.path, issuers=accepted)
    async with connected(gateway) as client:
        for line in (bearer(sub="ana"), theirs(sub="ana"), bearer(sub="ana")):
            await client.ask(get("/x", line))
    assert [heard(asked).principal.issuer for asked in stub.asked] == ["", THEIRS.issuer, ""]
    assert {heard(asked).principal.subject for asked in stub.asked} == {"ana"}


async def test_the_bearer_of_an_api_key_is_introduced_and_the_key_is_not(gateway: Gateway, stub: Stub) -> None:
    key, kept = api_key.create("acme", ["user"])
    gateway.view._authenticator.accept(KeyRing([kept]))
    async with connected(gateway) as client:
        assert (await client.ask(get("/x", f"X-API-Key: {key}\r\n".encode()))).status == 200
    acme = heard(stub.asked[0]).principal
    assert (acme.subject, acme.roles, acme.token_id) == ("key:acme", {"user"}, kept.key_id)
    assert key.encode() not in stub.asked[0].raw


async def test_what_one_service_is_told_is_worth_nothing_at_another(gateway: Gateway, stub: Stub) -> None:
    line = bearer("user")
    async with connected(gateway) as client:
        await client.ask(get("/x", line))
        await client.ask(get("/db", line))
    to_web, to_db = stub.asked
    assert heard(to_web, "web").principal == heard(to_db, "db").principal
    for asked, other in ((to_web, "db"), (to_db, "web")):
        with pytest.raises(errors.TokenWrongAudience):
            heard(asked, other)


SPELLINGS = [
    NAME,
    NAME.upper(),
    b"X-Arena-Principal",
    b"x_arena_principal",
    b"X_ARENA-PRINCIPAL",
    b"x-Arena_principal",
    b"X-ARENA_Principal",
]


@pytest.mark.parametrize("path", ["/x", "/open"])
@pytest.mark.parametrize("name", SPELLINGS)
async def test_a_clients_own_never_arrives(gateway: Gateway, stub: Stub, name: bytes, path: str) -> None:
    genuine = signed.sign(KEY, PRINCIPAL, "root", "web", ttl=60, now=time.time(), roles=["admin"]).encode()
    for forged in (genuine, b"root", b""):
        lines = name + b": " + forged + b"\r\n" + name + b":" + forged + b"\r\n"
        async with connected(gateway) as client:
            assert (await client.ask(get(path, lines, bearer(sub="eve")))).status == 200
    for asked in stub.asked:
        assert genuine not in asked.raw
        told = [key for key, _ in asked.headers if key.replace("_", "-") == NAME.decode()]
        assert told == ([NAME.decode()] if path == "/x" else [])
        assert path == "/open" or heard(asked).principal.subject == "eve"


@given(
    st.lists(st.tuples(st.booleans(), st.booleans()), min_size=len(NAME), max_size=len(NAME)), st.binary(max_size=20)
)
def test_no_spelling_at_all_gets_past_the_reader(how: list[tuple[bool, bool]], noise: bytes) -> None:
    spelt = "".join(
        ("_" if low else "-") if char == "-" else char.upper() if high else char
        for char, (high, low) in zip(NAME.decode(), how, strict=True)
    )
    value = noise.hex().encode()
    head = RequestReader().read(get("/x", spelt.encode() + b": " + value + b"\r\n", b"x-other: 1\r\n"))
    assert head.fields == (b"x-other: 1",)


async def test_naming_it_in_connection_takes_nothing_away(gateway: Gateway, stub: Stub) -> None:
    """RFC 9110 section 7.6.1 lets a client name hop-by-hop headers; ours is written behind that."""
    async with connected(gateway) as client:
        await client.ask(get("/x", b"Connection: keep-alive, x-arena-principal\r\n", bearer(sub="eve")))
    assert heard(stub.asked[0]).principal.subject == "eve"


@pytest.mark.parametrize(
    "trick", [b"x-arena-principal : a", b"x-a: b\rx-arena-principal: a", b"x-a:\n x-arena-principal: a"]
)
async def test_tricks_with_lines_are_refused(gateway: Gateway, stub: Stub, trick: bytes) -> None:
    async with connected(gateway) as client:
        assert (await client.ask(get("/x", trick + b"\r\n", bearer()))).status == 400
    assert stub.asked == []


async def test_in_a_trailer_it_arrives_nowhere(gateway: Gateway, stub: Stub) -> None:
    chunks = b"3\r\nabc\r\n0\r\nx-arena-principal: root\r\n\r\n"
    async with connected(gateway) as client:
        await client.ask(get("/x", b"Transfer-Encoding: chunked\r\n", bearer(sub="eve"), method="POST") + chunks)
    assert stub.asked[0].body == b"abc"
    assert heard(stub.asked[0]).principal.subject == "eve"


async def test_an_anonymous_caller_is_introduced_to_a_guarded_service_alone(
    start: Start, stub: Stub, keys: Ledger[SigningKey]
) -> None:
    gateway = await start(stub.endpoint(), routes=ROUTES, signing_keys=keys.path, guarded=("web",))
    async with connected(gateway) as client:
        await client.ask(get("/open"))
        await client.ask(get("/open", bearer("admin")))  # nobody looked at it, so nobody says anything of it
        await client.ask(get("/x", bearer(sub="ana")))
    assert [heard(asked).kind for asked in stub.asked] == [ANONYMOUS, ANONYMOUS, PRINCIPAL]
    assert heard(stub.asked[0]).principal.roles == set()


async def test_a_websocket_is_introduced_like_any_request(
    start: Start, stubs: Callable[[Answer], Awaitable[Stub]], keys: Ledger[SigningKey]
) -> None:
    async def agree(talk: Talk) -> None:
        await talk.send(
            b"HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n"
            b"sec-websocket-accept: x\r\n\r\n"
        )
        talk.writer.close()

    stub = await stubs(agree)
    gateway = await start(stub.endpoint(), routes=ROUTES, signing_keys=keys.path)
    offer = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n"
    async with connected(gateway) as client:
        await client.send(get("/ws", offer, b"X-Arena-Principal: root\r\n", bearer(sub="ana")))
        assert b"101" in await client.rest()
    assert heard(stub.asked[0]).principal.subject == "ana"


async def test_a_retry_introduces_again(
    start: Start, stubs: Callable[[Answer], Awaitable[Stub]], keys: Ledger[SigningKey]
) -> None:
    seen: list[Asked] = []

    async def hang_up_once(talk: Talk) -> None:
        seen.append(talk.asked)
        if len(seen) == 1:
            talk.writer.close()
        else:
            await talk.reply()

    one, two = await stubs(hang_up_once), await stubs(hang_up_once)
    gateway = await start(one.endpoint(), two.endpoint(instance="web-2"), routes=ROUTES, signing_keys=keys.path)
    async with connected(gateway) as client:
        assert (await client.ask(get("/x", bearer(sub="ana")))).status == 200
    assert [heard(asked).principal.subject for asked in seen] == ["ana", "ana"]


async def test_a_new_key_signs_within_a_second_and_a_damaged_file_changes_nothing(
    gateway: Gateway, stub: Stub, keys: Ledger[SigningKey]
) -> None:
    line = bearer(sub="ana")
    new = signing_key.make(KEY.created_at + 1)
    async with connected(gateway) as client:
        await client.ask(get("/x", line))
        keys.path.write_text(keys.path.read_text()[:-7])
        await gateway.view.access.refresh()
        await client.ask(get("/x", line))
        keys.path.unlink()
        await gateway.view.access.refresh()
        await client.ask(get("/x", line))
        assert {heard(asked).principal.subject for asked in stub.asked} == {"ana"}
        keys.update(lambda _: [KEY, new])
        await gateway.view.access.refresh()
        await client.ask(get("/x", line))
    assert heard(stub.asked[-1], key=new).principal.subject == "ana"


async def test_without_a_key_nobody_is_introduced_and_forgeries_still_do_not_arrive(
    start: Start, stub: Stub, tmp_path: Path
) -> None:
    gateway = await start(stub.endpoint(), routes=ROUTES, signing_keys=tmp_path / "none.json", guarded=("web",))
    async with connected(gateway) as client:
        assert (await client.ask(get("/x", bearer(), NAME + b": root\r\n"))).status == 200
    assert stub.asked[0].header(NAME.decode()) is None


async def test_a_service_takes_the_longest_name_there_is(gateway: Gateway, stub: Stub) -> None:
    name = "é" * 256
    async with connected(gateway) as client:
        for _ in range(2):
            await client.ask(get("/x", bearer(*(f"role-{n}" for n in range(150)), sub=name)))
    assert {heard(asked).principal.subject for asked in stub.asked} == {name}


def exchange(principal: Principal | None, began: float) -> Exchange:
    x = Exchange(None, NO_HEAD, Match(b"", RouteStats("", "")), began)  # type: ignore[arg-type]  # not looked at
    x.principal = principal
    return x


def test_one_signature_serves_a_minute_and_no_more() -> None:
    introductions = Introductions()
    introductions.use([KEY])
    to = introductions.to("web", guarded=False).introduce
    ana = Principal("ana")
    now = time.monotonic()
    first = to(exchange(ana, now))
    assert to(exchange(ana, now + 50)) is first
    assert to(exchange(ana, now + 70)) is not first
    assert to(exchange(Principal("ana"), now)) is not first  # the same name is not yet the same caller


def test_memory_is_bounded_over_all_services(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(introduction, "_KEEP", 50)
    introductions = Introductions()
    introductions.use([KEY])
    services = [introductions.to(name, guarded=False) for name in ("a", "b", "c")]
    now = time.monotonic()
    everyone = [Principal(f"user-{n}") for n in range(200)]
    for who in everyone:
        for to in services:
            assert to.introduce(exchange(who, now))
    assert sum(len(to._known) for to in services) <= 50


def test_of_several_keys_the_newest_signs() -> None:
    introductions = Introductions()
    old, new = signing_key.make(1.0), signing_key.make(2.0)
    introductions.use([new, old])
    line = introductions.line(Principal("ana"), "web")
    told = line.partition(b": ")[2].decode().strip()
    assert signed.verify(told, [new.public], (PRINCIPAL,), "web", time.time()).principal.subject == "ana"


async def test_who_runs_elsewhere_finds_the_keys_at_the_gateway(
    gateway: Gateway, stub: Stub, keys: Ledger[SigningKey], start: Start
) -> None:
    """By the client that comes with PyJWT, told nothing but the address."""
    old = signing_key.make(KEY.created_at - 1)
    keys.update(lambda _: [KEY, old])
    await gateway.view.access.refresh()
    async with connected(gateway) as client:
        await client.ask(get("/x", bearer(sub="ana")))
        shown = await client.ask(get("/.well-known/arena-keys.json"))
    assert shown.header("content-type") == "application/jwk-set+json"
    assert KEY.private not in shown.body.decode()
    told = stub.asked[0].header(NAME.decode()) or ""
    finder = jwt.PyJWKClient(f"http://127.0.0.1:{gateway.port}/.well-known/arena-keys.json")
    key = await asyncio.to_thread(finder.get_signing_key_from_jwt, told)
    claims = jwt.decode(told, key, algorithms=["EdDSA"], audience="web", issuer="arena-gateway")
    assert claims["sub"] == "ana"
    without = await start(stub.endpoint())
    async with connected(without) as client:
        assert (await client.ask(get("/.well-known/arena-keys.json"))).json == {"keys": []}
