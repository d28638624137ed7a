"""gateway.idempotency.guard: carried out once, however often it comes."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from arena.gateway.connection.certificate import ClientCertificate
from arena.gateway.exchange import Exchange
from arena.gateway.idempotency.memory import MAX_BYTES
from arena.gateway.idempotency.record import Record
from arena.gateway.refusal import Reply as Kept
from arena.model.idempotency import IdempotencyRule
from arena.model.project import Jwt
from arena.model.route import Route
from arena.model.transform import BodyEdit, Edit, Pair, Transform
from tests import valkey
from tests.gateway.kit import (
    SECRET,
    THEIRS,
    Client,
    Cut,
    Gateway,
    Reply,
    Start,
    Stub,
    Talk,
    bearer,
    connected,
    eventually,
    get,
    post,
    theirs,
)

GUARDED = Route("web", "web", "/", idempotency=IdempotencyRule())
ALICE, BOB = bearer("user", sub="alice"), bearer("user", sub="bob")
KEY = b"Idempotency-Key: k1\r\n"


def ruled(**rule: Any) -> Route:
    return replace(GUARDED, idempotency=IdempotencyRule(**rule))


class Counter:
    """Answers each request with its number."""

    def __init__(self, stub: Stub) -> None:
        self.count = 0
        self.status = "201 Created"
        self.body = b""
        self.go = asyncio.Event()
        self.go.set()
        stub.answer = self

    async def __call__(self, talk: Talk) -> None:
        self.count += 1
        number = self.count
        await self.go.wait()
        await talk.reply(self.body or b"done %d" % number, self.status, "location: /1\r\n")


@pytest.fixture
def service(stub: Stub) -> Counter:
    return Counter(stub)


def results(gateway: Gateway) -> dict[str, int]:
    assert gateway.view.memory.idempotency is not None
    return {result: count for (_, result), count in gateway.view.memory.idempotency.results.items()}


def same(one: Reply, other: Reply) -> bool:
    return (one.status, one.body, one.header("location")) == (other.status, other.body, other.header("location"))


async def again(client: Client, data: bytes, want: int = 201) -> Reply:
    """Ask until the first request is settled: its reply reaches the client a moment earlier."""
    while True:
        reply = await client.ask(data)
        if reply.status != 409 or want == 409:
            return reply


@pytest.fixture(params=["memory", "state"])
async def guarded(request: pytest.FixtureRequest, start: Start, stub: Stub) -> AsyncIterator[Any]:
    """`await guarded(route)` starts a gateway that remembers in memory, or in a real server."""
    made: list[Gateway] = []
    with valkey.running() as server:

        async def make(route: Route = GUARDED, **more: Any) -> Gateway:
            store = server.address if request.param == "state" else None
            gateway = await start(stub.endpoint(), routes=(route,), store=store, **more)
            made.append(gateway)
            await eventually(lambda: gateway.view.store is None or gateway.view.store.up)
            return gateway

        yield make
        for gateway in made:
            if gateway.view.store is not None:
                gateway.view.store.close()
        await asyncio.sleep(0)


async def test_it_is_carried_out_once(guarded: Any, service: Counter, stub: Stub) -> None:
    gateway = await guarded()
    async with connected(gateway) as client:
        first = await client.ask(post(b"pay", "/pay?x=1", ALICE, KEY))
        second = await again(client, post(b"pay", "/pay?x=1", ALICE, b'idempotency-key: "k1"\r\n'))
        assert same(first, second) and service.count == 1
        assert (first.header("idempotent-replayed"), second.header("idempotent-replayed")) == (None, "true")
        assert second.header("x-request-id") != first.header("x-request-id")
        assert stub.asked[0].header("idempotency-key") == "k1"
        # Another key, another caller, no key at all: other requests.
        for who, key in ((ALICE, b"Idempotency-Key: k2\r\n"), (BOB, KEY), (ALICE, b"")):
            assert (await client.ask(post(b"pay", "/pay?x=1", who, key))).header("idempotent-replayed") is None
        assert service.count == 4
        assert (await client.ask(get("/", ALICE, KEY))).header("idempotent-replayed") is None
        page = (await client.ask(get("/metrics"))).body.decode()
    assert 'arena_gateway_idempotency_total{route="web",result="replayed"} 1' in page
    assert "replayed" in {line.get("idempotency") for line in gateway.lines()}


async def test_two_issuers_callers_of_one_name_have_keys_of_their_own(guarded: Any, service: Counter) -> None:
    gateway = await guarded(issuers=(Jwt(SECRET), THEIRS))
    async with connected(gateway) as client:
        for number, who in enumerate((ALICE, theirs("user", sub="alice"), bearer("user", sub="them alice")), start=1):
            first, second = [await again(client, post(b"pay", "/pay", who, KEY)) for _ in range(2)]
            assert (first.header("idempotent-replayed"), second.header("idempotent-replayed")) == (None, "true")
            assert first.body == second.body == b"done %d" % number
    assert service.count == 3


@pytest.mark.parametrize(
    "other",
    [
        post(b"pay 2", "/pay", ALICE, KEY),
        post(b"pay", "/pay?x=1", ALICE, KEY),
        post(b"pay", "/other", ALICE, KEY),
        post(b"pay", "/pay", ALICE, KEY, method="PATCH"),
        post(b"", "/pay", ALICE, KEY),
    ],
)
async def test_a_key_is_for_one_request(start: Start, stub: Stub, service: Counter, other: bytes) -> None:
    gateway = await start(stub.endpoint(), routes=(GUARDED,))
    async with connected(gateway) as client:
        await client.ask(post(b"pay", "/pay", ALICE, KEY))
        (await client.ask(other)).problem(422, "idempotency-mismatch")
    assert service.count == 1 and results(gateway)["mismatch"] == 1


async def test_a_body_in_chunks_is_the_same_body(start: Start, stub: Stub, service: Counter) -> None:
    gateway = await start(stub.endpoint(), routes=(GUARDED,))
    async with connected(gateway) as client:
        await client.ask(post(b"pay", "/", ALICE, KEY))
        head = get("/", ALICE, KEY, b"Transfer-Encoding: chunked\r\n", method="POST")
        await client.send(head + b"1\r\np\r\n")
        second = await client.ask(b"2\r\nay\r\n0\r\n\r\n", "POST")
        assert second.header("idempotent-replayed") == "true"
    assert service.count == 1


async def test_a_duplicate_of_one_under_way_is_told_to_come_back(guarded: Any, service: Counter) -> None:
    gateway = await guarded()
    service.go.clear()
    async with connected(gateway) as one, connected(gateway) as two:
        await one.send(post(b"pay", "/", ALICE, KEY))
        await eventually(lambda: service.count == 1)
        refused = await two.ask(post(b"pay", "/", ALICE, KEY))
        refused.problem(409, "idempotency-conflict")
        assert refused.header("retry-after") == "1"
        (await two.ask(post(b"other", "/", ALICE, KEY))).problem(422, "idempotency-mismatch")
        service.go.set()
        first = await one.reply("POST")
        assert same(first, await again(two, post(b"pay", "/", ALICE, KEY)))
    assert service.count == 1


async def test_of_fifty_at_once_one_is_carried_out(guarded: Any, service: Counter) -> None:
    gateways = [await guarded()] * 2
    if gateways[0].view.store is not None:
        gateways = [gateways[0], await guarded()]

    async def one(gateway: Gateway) -> Reply:
        async with connected(gateway) as client:
            return await again(client, post(b"pay", "/", ALICE, KEY))

    replies = await asyncio.gather(*(one(gateway) for gateway in gateways * 25))
    assert service.count == 1
    assert {(reply.status, reply.body) for reply in replies} == {(201, b"done 1")}


async def test_a_client_that_left_learns_what_became_of_it(guarded: Any, service: Counter) -> None:
    gateway = await guarded()
    service.go.clear()
    service.body = b"x" * 300_000
    async with connected(gateway) as client:
        await client.send(post(b"pay", "/", ALICE, KEY))
        await eventually(lambda: service.count == 1)
    await eventually(lambda: not gateway.plane.clients)
    assert gateway.plane.stats.in_flight == 1
    service.go.set()
    await eventually(lambda: gateway.plane.stats.in_flight == 0)
    async with connected(gateway) as client:
        reply = await again(client, post(b"pay", "/", ALICE, KEY))
    assert (reply.status, len(reply.body), reply.header("idempotent-replayed")) == (201, 300_000, "true")
    assert service.count == 1
    assert gateway.lines()[0]["client_left"] is True


async def test_a_client_that_left_with_its_reply_half_read(start: Start, stub: Stub, service: Counter) -> None:
    service.body = b"x" * 900_000
    gateway = await start(stub.endpoint(), routes=(GUARDED,))
    async with connected(gateway) as client:
        await client.send(post(b"pay", "/", ALICE, KEY))
        await client.reader.readuntil(b"xxx")
    async with connected(gateway) as client:
        reply = await again(client, post(b"pay", "/", ALICE, KEY))
    assert len(reply.body) == 900_000 and service.count == 1


async def test_a_request_that_never_was_whole_is_nothing(start: Start, stub: Stub, service: Counter) -> None:
    gateway = await start(stub.endpoint(), routes=(GUARDED,))
    async with connected(gateway) as client:
        await client.send(get("/", ALICE, KEY, b"Content-Length: 9\r\n", method="POST") + b"pay")
        await eventually(lambda: gateway.plane.stats.in_flight == 1)
    await eventually(lambda: gateway.plane.stats.in_flight == 0)
    async with connected(gateway) as client:
        assert (await client.ask(post(b"pay", "/", ALICE, KEY))).status == 201
    assert service.count == 1


@pytest.mark.parametrize("status", ["500 Oops", "503 Busy", "429 Slow", "408 Late"])
async def test_what_is_not_final_may_be_tried_again(guarded: Any, service: Counter, status: str) -> None:
    gateway = await guarded()
    service.status = status
    async with connected(gateway) as client:
        assert (await client.ask(post(b"pay", "/", ALICE, KEY))).status == int(status[:3])
        service.status = "201 Created"
        second = await again(client, post(b"pay", "/", ALICE, KEY))
        assert (second.status, second.body, second.header("idempotent-replayed")) == (201, b"done 2", None)


async def test_errors_are_kept_if_the_route_says_so(start: Start, stub: Stub, service: Counter) -> None:
    gateway = await start(stub.endpoint(), routes=(ruled(keep_errors=True),))
    service.status = "500 Oops"
    async with connected(gateway) as client:
        await client.ask(post(b"pay", "/", ALICE, KEY))
        assert (await client.ask(post(b"pay", "/", ALICE, KEY))).header("idempotent-replayed") == "true"
    assert service.count == 1


async def cut_off(talk: Talk, status: bytes) -> None:
    await talk.send(b"HTTP/1.1 %b\r\ncontent-length: 10\r\n\r\nhalf" % status)
    talk.writer.close()


@pytest.mark.parametrize(
    ("status", "keep_errors", "repeated"),
    [
        (b"201 Created", False, False),  # it was done, and has said so
        (b"500 Oops", False, True),
        (b"500 Oops", True, False),
        (b"429 Slow", False, True),
    ],
)
async def test_a_request_whose_reply_broke_off(
    start: Start, stub: Stub, status: bytes, keep_errors: bool, repeated: bool
) -> None:
    stub.answer = lambda talk: cut_off(talk, status)
    gateway = await start(stub.endpoint(), routes=(ruled(keep_errors=keep_errors),))
    async with connected(gateway) as client:
        with pytest.raises(Cut):
            await client.ask(post(b"pay", "/", ALICE, KEY))
    counter = Counter(stub)
    await eventually(lambda: gateway.plane.stats.in_flight == 0)
    async with connected(gateway) as client:
        reply = await again(client, post(b"pay", "/", ALICE, KEY), 201 if repeated else 409)
    assert (reply.status, counter.count) == ((201, 1) if repeated else (409, 0))


@pytest.mark.parametrize("whose", ["upstream-timeout", "deadline-exceeded"])
@pytest.mark.parametrize("keep_errors", [False, True])
async def test_a_request_that_got_no_reply_is_carried_out_again_unless_errors_are_kept(
    guarded: Any, service: Counter, keep_errors: bool, whose: str
) -> None:
    gateway = await guarded(replace(ruled(keep_errors=keep_errors), first_byte_timeout=0.3))
    service.go.clear()
    own = f"x-request-deadline: {time.time() + 0.2:.3f}\r\n".encode() if whose == "deadline-exceeded" else b""
    async with connected(gateway) as client:
        (await client.ask(post(b"pay", "/", ALICE, KEY, own))).problem(504, whose)
        service.go.set()
        await eventually(lambda: gateway.plane.stats.in_flight == 0)
        reply = await again(client, post(b"pay", "/", ALICE, KEY), 409 if keep_errors else 201)
        if keep_errors:
            assert "find out what became of it" in str(reply.problem(409, "idempotency-conflict"))
    assert (reply.status, service.count) == ((409, 1) if keep_errors else (201, 2))


@pytest.mark.parametrize("lines", ["", "content-encoding: gzip\r\n"])
async def test_a_reply_that_cannot_be_changed_was_one_all_the_same(
    guarded: Any, service: Counter, stub: Stub, lines: str
) -> None:
    changed = Transform(response_body=BodyEdit(set=(Pair("/a", "1"),)))
    gateway = await guarded(replace(GUARDED, transform=changed))

    async def odd(talk: Talk) -> None:
        service.count += 1
        await talk.reply(b"no JSON", "201 Created", "content-type: application/json\r\n" + lines)

    stub.answer = odd
    async with connected(gateway) as client:
        (await client.ask(post(b"pay", "/", ALICE, KEY))).problem(502, "upstream-failed")
        await eventually(lambda: gateway.plane.stats.in_flight == 0)
        assert (await again(client, post(b"pay", "/", ALICE, KEY), 409)).status == 409
    assert service.count == 1


async def test_a_request_that_went_nowhere_is_carried_out_again(start: Start, stub: Stub) -> None:
    gateway = await start(routes=(ruled(keep_errors=True),))
    async with connected(gateway) as client:
        assert (await client.ask(post(b"pay", "/", ALICE, KEY))).status == 503
        gateway.endpoints(stub.endpoint())
        counter = Counter(stub)
        assert (await again(client, post(b"pay", "/", ALICE, KEY))).status == 201
    assert counter.count == 1


async def test_a_reply_too_long_to_keep_is_remembered_as_done(guarded: Any, service: Counter) -> None:
    gateway = await guarded(ruled(max_reply_bytes=1000))
    service.body = b"x" * 1001
    async with connected(gateway) as client:
        assert len((await client.ask(post(b"pay", "/", ALICE, KEY))).body) == 1001
        await eventually(lambda: gateway.plane.stats.in_flight == 0)
        reply = await again(client, post(b"pay", "/", ALICE, KEY), 409)
        reply.problem(409, "idempotency-conflict")
        service.body = b"x" * 1000
        other = b"Idempotency-Key: k2\r\n"
        await client.ask(post(b"pay", "/", ALICE, other))
        assert len((await again(client, post(b"pay", "/", ALICE, other))).body) == 1000
    assert service.count == 2


@pytest.mark.parametrize("lines", [b"Idempotency-Key:\r\n", KEY * 2, b"Idempotency-Key: a b\r\n"])
async def test_bad_keys_are_refused(start: Start, stub: Stub, service: Counter, lines: bytes) -> None:
    gateway = await start(stub.endpoint(), routes=(GUARDED,))
    async with connected(gateway) as client:
        (await client.ask(post(b"pay", "/", ALICE, lines))).problem(400, "idempotency-key")
    assert service.count == 0


async def test_a_key_may_be_required_and_called_otherwise(start: Start, stub: Stub, service: Counter) -> None:
    gateway = await start(stub.endpoint(), routes=(ruled(required=True, header="x-once", methods=("PUT",)),))
    async with connected(gateway) as client:
        refused = await client.ask(post(b"a", "/", ALICE, KEY, method="PUT"))
        assert "x-once" in str(refused.problem(400, "idempotency-key")["detail"])
        for _ in range(2):
            await client.ask(post(b"a", "/", ALICE, b"X-Once: 1\r\n", method="PUT"))
        assert (await client.ask(post(b"a", "/", ALICE))).status == 201
    assert service.count == 2


async def test_strangers_do_not_get_each_others_replies(start: Start, stub: Stub, service: Counter) -> None:
    gateway = await start(stub.endpoint(), routes=(replace(GUARDED, auth="none"),))
    async with connected(gateway) as client:
        for line in (b"", b"Cookie: a=1\r\n", b"Cookie: a=2\r\n", b"Authorization: x\r\n"):
            for replayed in (None, "true"):
                reply = await again(client, post(b"pay", "/", line, KEY))
                assert reply.header("idempotent-replayed") == replayed
    assert service.count == 4


async def test_on_a_public_route_client_certificates_tell_strangers_apart(
    start: Start, stub: Stub, service: Counter
) -> None:
    gateway = await start(stub.endpoint(), routes=(replace(GUARDED, auth="none"),))
    shown: list[ClientCertificate] = []

    def show(x: Exchange) -> None:
        x.client.certificate = shown[-1]

    route = gateway.plane.table.routes[0]
    route.filters = (show, *route.filters)
    async with connected(gateway) as client:
        for fingerprint in ("01", "02"):
            shown.append(ClientCertificate("CN=somebody", fingerprint))
            for replayed in (None, "true"):
                reply = await again(client, post(b"pay", "/", KEY))
                assert reply.header("idempotent-replayed") == replayed
    assert service.count == 2


async def test_the_credential_comes_first_and_the_routes_changes_are_a_part_of_the_reply(
    start: Start, stub: Stub, service: Counter
) -> None:
    changed = Transform(response=Edit(set=(Pair("X-For", "${principal.sub}"),)))
    gateway = await start(stub.endpoint(), routes=(replace(GUARDED, transform=changed),))
    async with connected(gateway) as client:
        first = await client.ask(post(b"pay", "/", ALICE, KEY))
        second = await client.ask(post(b"pay", "/", ALICE, KEY))
        assert (first.header("x-for"), second.header("x-for")) == ("alice", "alice")
        assert (await client.ask(post(b"pay", "/", KEY))).status == 401


async def test_without_the_store_each_route_does_as_it_says(start: Start, stub: Stub, service: Counter) -> None:
    strict = replace(GUARDED, name="strict", path="/strict")
    lax = replace(GUARDED, name="lax", path="/lax", idempotency=IdempotencyRule(on_store_error="allow"))
    with valkey.running() as server:
        gateway = await start(stub.endpoint(), routes=(strict, lax), store=server.address)
        store = gateway.view.store
        assert store is not None
        await eventually(lambda: store.up)
        async with connected(gateway) as client:
            assert (await client.ask(post(b"pay", "/strict", ALICE, KEY))).status == 201
            server.kill()
            await eventually(lambda: not store.reachable)
            (await client.ask(post(b"pay", "/strict", ALICE, KEY))).problem(503, "idempotency-unavailable")
            assert [(await client.ask(post(b"pay", "/lax", ALICE, KEY))).body for _ in range(2)] == [
                b"done 2",
                b"done 3",
            ]
            told = json.loads((await client.ask(get("/health"))).body)["store"]
            assert (told["idempotency_refusing"], told["idempotency_unprotected"]) == (["strict"], ["lax"])
        assert {"unavailable", "unprotected"} <= set(results(gateway))
        store.close()
        await asyncio.sleep(0)


async def test_without_room_the_refusal_says_so(start: Start, stub: Stub, service: Counter) -> None:
    gateway = await start(stub.endpoint(), routes=(GUARDED,))
    assert gateway.view.memory.idempotency is not None
    filler = gateway.view.memory.idempotency.ledger
    big = Record(b"0" * 32, True, Kept(200, (), b"x" * (MAX_BYTES - 600)))
    await filler.claim("big", big)
    async with connected(gateway) as client:
        refused = (await client.ask(post(b"pay", "/", ALICE, KEY))).problem(503, "idempotency-unavailable")
        assert "no room to remember" in str(refused["detail"])
        await filler.release("big")
        assert (await client.ask(post(b"pay", "/", ALICE, KEY))).status == 201
    assert service.count == 1


async def test_what_is_remembered_outlives_a_swap(start: Start, stub: Stub, service: Counter) -> None:
    gateway = await start(stub.endpoint(), routes=(GUARDED,))
    view = gateway.view
    async with connected(gateway) as client:
        await client.ask(post(b"pay", "/", ALICE, KEY))
        view.use_spec(replace(view.spec, settings=replace(view.spec.settings, port=1)))
        assert (await client.ask(post(b"pay", "/", ALICE, KEY))).header("idempotent-replayed") == "true"
        view.use_spec(replace(view.spec, routes=(replace(GUARDED, idempotency=None),)))
        assert (await client.ask(post(b"pay", "/", ALICE, KEY))).body == b"done 2"
