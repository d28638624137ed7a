"""gateway.failure: upstreams that die in every place, and what the client gets."""

from __future__ import annotations

import asyncio

from arena.model.address import Address
from arena.model.project import Timeouts
from arena.model.snapshot import Endpoint
from arena.model.traffic import Traffic
from tests.gateway.kit import Client, Gateway, Start, Stub, Talk, connected, eventually, get, nowhere, post
from tests.ports import black_hole

# Nobody there.


async def test_no_instance_is_503_with_retry_after(start: Start, stub: Stub) -> None:
    for endpoints in ((), (stub.endpoint(health="failing"),)):
        gateway = await start(*endpoints)
        async with connected(gateway) as client:
            reply = await client.ask(get())
            assert "web" in str(reply.problem(503, "unavailable")["detail"])
            assert reply.header("retry-after") == "1"
    assert stub.asked == []


async def test_a_refused_connection_is_502_and_says_which_instance(start: Start) -> None:
    gateway = await start(nowhere())
    async with connected(gateway) as client:
        detail = str((await client.ask(get())).problem(502, "upstream-failed")["detail"])
    assert "web-0" in detail
    assert "127.0.0.1" not in detail
    assert gateway.plane.stats.upstream_errors["web", "connect"] == 1
    assert gateway.plane.stats.in_flight == 0


async def test_a_refused_connection_is_tried_elsewhere_even_for_post(start: Start, stub: Stub) -> None:
    gateway = await start(nowhere(), stub.endpoint())
    async with connected(gateway) as client:
        for _ in range(20):
            assert (await client.ask(post(b"once"))).status == 200
    assert [asked.body for asked in stub.asked] == [b"once"] * 20
    # The dead one rests after its first refusal, so that it is not asked again and again.
    assert gateway.plane.stats.upstream_errors["web", "connect"] <= 2


async def test_a_streamed_body_survives_a_refused_connection(start: Start, stub: Stub) -> None:
    gateway = await start(nowhere("web-0"), nowhere("web-2"), stub.endpoint())
    body = b"0123456789" * 50_000
    for _ in range(5):
        async with connected(gateway) as client:
            assert (await client.ask(post(body))).status == 200
    assert all(asked.body == body for asked in stub.asked)


async def test_a_connection_that_is_never_accepted_is_504(start: Start) -> None:
    with black_hole() as port:
        endpoint = Endpoint("web", "web-0", Address("127.0.0.1", port), "passing")
        gateway = await start(endpoint, timeouts=Timeouts(connect=0.3))
        async with connected(gateway) as client:
            (await client.ask(get())).problem(504, "upstream-timeout")
    assert gateway.plane.stats.upstream_errors["web", "connect_timeout"] == 1


# Retries.


def dying_first(times: int) -> object:
    left = times

    async def answer(talk: Talk) -> None:
        nonlocal left
        left -= 1
        if left >= 0:
            talk.writer.close()
        else:
            await talk.reply()

    return answer


async def test_an_idempotent_request_is_repeated_when_no_byte_of_a_reply_came(
    client: Client, stub: Stub, gateway: Gateway
) -> None:
    stub.answer = dying_first(1)  # type: ignore[assignment]
    assert (await client.ask(post(b"put it", method="PUT"))).status == 200
    assert [asked.body for asked in stub.asked] == [b"put it", b"put it"]
    assert gateway.plane.stats.retries == 1


async def test_a_post_is_never_sent_twice(client: Client, stub: Stub) -> None:
    stub.answer = dying_first(1)  # type: ignore[assignment]
    (await client.ask(post(b"pay"))).problem(502, "upstream-failed")
    assert len(stub.asked) == 1


async def test_attempts_end(client: Client, stub: Stub, gateway: Gateway) -> None:
    stub.answer = dying_first(100)  # type: ignore[assignment]
    (await client.ask(get())).problem(502, "upstream-failed")
    assert len(stub.asked) == 3
    assert gateway.plane.stats.in_flight == 0
    assert all(target.in_flight == 0 for route in gateway.plane.table.routes for target in route.service.targets)


async def test_part_of_a_reply_head_is_never_followed_by_another_attempt(client: Client, stub: Stub) -> None:
    async def half(talk: Talk) -> None:
        await talk.send(b"HTTP/1.1 200 OK\r\nX: ")
        await asyncio.sleep(0.02)
        talk.writer.close()

    stub.answer = half
    (await client.ask(get())).problem(502, "upstream-failed")
    assert len(stub.asked) == 1


async def test_a_body_sent_in_pieces_is_not_repeated(client: Client, stub: Stub) -> None:
    async def die(talk: Talk) -> None:
        await talk.reader.readexactly(5)
        talk.writer.close()

    stub.stream = True
    stub.answer = die
    await client.send(get("/", b"Content-Length: 10\r\n", method="PUT"))
    await eventually(lambda: stub.asked)
    await client.send(b"hello")
    (await client.reply()).problem(502, "upstream-failed")
    assert len(stub.asked) == 1


async def test_a_restarted_upstream_costs_no_client_an_error(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint())
    async with connected(gateway) as one, connected(gateway) as two:
        await asyncio.gather(one.ask(get()), two.ask(get()))
        await stub.stop()
        await stub.start()
        replies = await asyncio.gather(one.ask(get()), two.ask(get()))
    assert [reply.status for reply in replies] == [200, 200]


async def test_retries_stop_when_the_budget_is_spent(start: Start, stub: Stub) -> None:
    stub.answer = dying_first(100_000)  # type: ignore[assignment]
    gateway = await start(stub.endpoint(), traffic=Traffic(breaker=None))
    async with connected(gateway) as client:
        for _ in range(100):
            assert (await client.ask(get())).status == 502
    assert len(stub.asked) < 100 + 10 + 0.2 * 100 + 20
