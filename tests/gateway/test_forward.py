"""gateway.forward: what the upstream is sent, and what is done when it fails."""

from __future__ import annotations

import asyncio
import socket

import pytest

from arena.gateway.exchange import Exchange
from arena.gateway.refusal import Refusal
from arena.model.address import Address
from arena.model.project import Timeouts
from arena.model.route import Route
from arena.model.snapshot import Endpoint
from arena.model.traffic import Traffic
from tests.gateway.kit import QUICK, Client, Gateway, Start, Stub, Talk, connected, eventually, get, post


def nowhere(instance: str = "web-0") -> Endpoint:
    """An endpoint where nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return Endpoint("web", instance, Address("127.0.0.1", sock.getsockname()[1]), "passing")


async def test_what_the_upstream_is_sent(client: Client, stub: Stub) -> None:
    request = get(
        "/a?b=c",
        b"User-Agent: test\r\nX-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\n",
        b"Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nTE: trailers\r\nAccept: a\r\nAccept: b\r\n",
    )
    reply = await client.ask(request)
    (asked,) = stub.asked
    assert asked.header("host") == f"127.0.0.1:{stub.port}"
    assert asked.header("x-forwarded-for") == "127.0.0.1"
    assert asked.header("x-forwarded-proto") == "http"
    assert asked.header("x-forwarded-host") == "gw.example"
    assert asked.header("via") == "1.1 arena"
    assert asked.header("user-agent") == "test"
    assert [value for name, value in asked.headers if name == "accept"] == ["a", "b"]
    assert not {"connection", "te", "x-hop", "content-length", "transfer-encoding"} & {
        name for name, _ in asked.headers
    }
    assert asked.header("x-request-id") == reply.header("x-request-id")
    assert asked.header("traceparent") == reply.header("traceparent")


async def test_a_body_with_a_length_keeps_it(client: Client, stub: Stub) -> None:
    assert (await client.ask(post(b"x" * 100_000))).status == 200
    assert (stub.asked[0].header("content-length"), stub.asked[0].body) == ("100000", b"x" * 100_000)


@pytest.mark.parametrize("whole", [True, False])
async def test_a_chunked_body_stays_chunked(client: Client, stub: Stub, whole: bool) -> None:
    head = get("/", b"Transfer-Encoding: chunked\r\n", method="POST")
    body = b"5;ext=1\r\nhello\r\n6\r\n world\r\n0\r\nX-Trailer: 1\r\n\r\n"
    await client.send(head + body if whole else head)
    if not whole:
        await eventually(lambda: stub.connections)
        await client.send(body)
    assert (await client.reply()).status == 200
    assert (stub.asked[0].header("transfer-encoding"), stub.asked[0].body) == ("chunked", b"hello world")
    assert b"X-Trailer" not in stub.asked[0].raw


async def test_an_empty_post_says_so(client: Client, stub: Stub) -> None:
    assert (await client.ask(get(method="POST"))).status == 200
    assert stub.asked[0].header("content-length") == "0"


async def test_a_base_path_goes_before_the_requests_own(start: Start, stub: Stub) -> None:
    endpoint = Endpoint("web", "web-1", Address("127.0.0.1", stub.port, path="/base"), "passing")
    gateway = await start(endpoint, routes=(Route("web", "web", "/api", strip_path=True, auth="none"),))
    async with connected(gateway) as client:
        assert (await client.ask(get("/api/v1?x=/../y"))).status == 200
        assert (await client.ask(get("/api"))).status == 200
    assert [asked.target for asked in stub.asked] == ["/base/v1?x=/../y", "/base/"]
    assert stub.asked[0].header("x-forwarded-prefix") == "/api"


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
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        fillers = [socket.socket() for _ in range(3)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        endpoint = Endpoint("web", "web-0", Address(*full.getsockname()), "passing")
        gateway = await start(endpoint, timeouts=Timeouts(connect=0.3))
        async with connected(gateway) as client:
            (await client.ask(get())).problem(504, "upstream-timeout")
        for filler in fillers:
            filler.close()
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


# Filters that wait.


async def test_a_filter_may_wait_and_the_body_waits_with_it(gateway: Gateway, client: Client, stub: Stub) -> None:
    async def slow(x: Exchange) -> Refusal | None:
        await asyncio.sleep(0.02)
        return Refusal(403, "forbidden", "no") if x.head.target == b"/no" else None

    route = gateway.plane.table.routes[0]
    route.filters = (slow,)
    assert (await client.ask(post(b"x" * 500_000, "/yes"))).status == 200
    assert stub.asked[0].body == b"x" * 500_000
    (await client.ask(get("/no"))).problem(403, "forbidden")


async def test_a_client_that_leaves_while_a_filter_waits_asks_nothing_of_the_upstream(
    gateway: Gateway, stub: Stub
) -> None:
    waiting, go = asyncio.Event(), asyncio.Event()

    async def slow(_x: Exchange) -> Refusal | None:
        waiting.set()
        await go.wait()
        return None

    gateway.plane.table.routes[0].filters = (slow,)
    async with connected(gateway) as client:
        await client.send(get())
        await waiting.wait()
        client.leave()
        assert (await gateway.line())["outcome"] == "left"
    go.set()
    await asyncio.sleep(0.02)
    assert stub.connections == 0


async def test_a_client_that_leaves_while_a_connection_is_made_leaves_it_to_the_next(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), timeouts=QUICK)
    async with connected(gateway) as client:
        await client.send(get())
        client.leave()
    await eventually(lambda: gateway.plane.stats.in_flight == 0 and gateway.lines())
    async with connected(gateway) as client:
        assert (await client.ask(get())).status == 200
    assert stub.connections <= 2
