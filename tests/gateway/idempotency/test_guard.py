"""gateway.idempotency.guard: carried out once, however often it comes."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from arena.model.transform import Edit, Pair, Transform
from tests.gateway.idempotency.kit import ALICE, BOB, GUARDED, KEY, Counter, again, results, ruled, same
from tests.gateway.kit import Gateway, Reply, Start, Stub, connected, eventually, get, post


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


async def test_what_is_remembered_outlives_a_swap(start: Start, stub: Stub, service: Counter) -> None:
    gateway = await start(stub.endpoint(), routes=(GUARDED,))
    view = gateway.view
    async with connected(gateway) as client:
        await client.ask(post(b"pay", "/", ALICE, KEY))
        view.use_spec(replace(view.spec, settings=replace(view.spec.settings, port=1)))
        assert (await client.ask(post(b"pay", "/", ALICE, KEY))).header("idempotent-replayed") == "true"
        view.use_spec(replace(view.spec, routes=(replace(GUARDED, idempotency=None),)))
        assert (await client.ask(post(b"pay", "/", ALICE, KEY))).body == b"done 2"
