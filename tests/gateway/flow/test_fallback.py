"""gateway.fallback: who answers when the service cannot, and that everybody is told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from arena.model.concurrency import ConcurrencyLimit
from arena.model.resilience import Fallback, Retries
from arena.model.route import Route
from arena.model.traffic import BreakerRule, Traffic
from tests.gateway.kit import (
    PUBLIC,
    QUICK,
    Answer,
    Start,
    Stub,
    Talk,
    at_rest,
    connected,
    eventually,
    get,
    nowhere,
    post,
    silence,
)  # fmt: skip

Stubs = Callable[..., Awaitable[Stub]]
STATIC = replace(PUBLIC, fallback=Fallback(body='{"items": []}', content_type="application/json", headers=("x-a: b",)))
SPARE = replace(PUBLIC, fallback=Fallback(service="spare"))
ONCE = Traffic(BreakerRule(failures=1, open_for=3600.0), retries=Retries(attempts=1))


async def hang_up(talk: Talk) -> None:
    talk.writer.close()


async def junk(talk: Talk) -> None:
    await talk.send(b"SSH-2.0-OpenSSH\r\n\r\n")


async def half_a_head(talk: Talk) -> None:
    await talk.send(b"HTTP/1.1 200 OK\r\nX: ")
    talk.writer.close()


async def busy(talk: Talk) -> None:
    await talk.reply(b"busy", "503 Told")


@pytest.mark.parametrize("answer", [hang_up, silence, junk, half_a_head])
async def test_a_static_reply_when_the_service_fails(start: Start, stub: Stub, answer: Answer) -> None:
    stub.answer = answer
    gateway = await start(stub.endpoint(), routes=(STATIC,), timeouts=QUICK, traffic=ONCE)
    async with connected(gateway) as client:
        for _ in range(2):  # a failure, and then an open breaker; POST as well, for nobody is asked twice
            reply = await client.ask(post(b"x"))
            assert (reply.status, reply.body) == (200, b'{"items": []}')
            assert reply.header("content-type") == "application/json"
            assert reply.header("x-arena-fallback") == "static"
            assert reply.header("x-a") == "b"
            assert reply.header("date")
            assert reply.header("x-request-id")
    assert len(stub.asked) == 1
    assert gateway.plane.stats.fallbacks["web", "static"] == 2
    assert [line["fallback"] for line in gateway.lines()] == ["static", "static"]
    await at_rest(gateway)


async def test_nobody_there(start: Start) -> None:
    gateway = await start(routes=(STATIC,))
    async with connected(gateway) as client:
        assert (await client.ask(get())).header("x-arena-fallback") == "static"
        assert (await client.ask(get(method="HEAD"))).body == b""
        assert (await client.ask(get())).status == 200
    await at_rest(gateway)


async def test_retries_come_first(start: Start, stub: Stub) -> None:
    stub.answer = hang_up
    gateway = await start(stub.endpoint(), routes=(STATIC,), traffic=Traffic(breaker=None))
    async with connected(gateway) as client:
        assert (await client.ask(get())).header("x-arena-fallback") == "static"
    assert len(stub.asked) == 3
    assert (await gateway.line())["attempts"] == 3


async def test_a_service_that_answers_needs_none(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), routes=(STATIC,))
    async with connected(gateway) as client:
        reply = await client.ask(get())
        stub.answer = busy
        told = await client.ask(get())
    assert (reply.body, reply.header("x-arena-fallback")) == (b"hello", None)
    assert (told.status, told.header("x-arena-fallback")) == (503, None)
    assert all("fallback" not in line for line in gateway.lines())


async def test_statuses_of_the_service_that_are_named(start: Start, stub: Stub) -> None:
    stub.answer = busy
    route = replace(PUBLIC, fallback=replace(STATIC.fallback or Fallback(), on=(), statuses=(503,)))
    gateway = await start(stub.endpoint(), nowhere(), routes=(route,), traffic=Traffic(breaker=None))
    async with connected(gateway) as client:
        reply = await client.ask(get())
        assert (reply.status, reply.header("x-arena-fallback")) == (200, "static")
        assert b"busy" not in reply.body
    await at_rest(gateway)


async def test_a_connection_that_waits_for_the_rest_of_a_body_is_used_no_more(start: Start, stub: Stub) -> None:
    """The service would take the next request, which may be anybody's, for that rest."""

    async def impatient(talk: Talk) -> None:
        await (busy(talk) if talk.asked.method == "POST" else talk.reply())

    stub.answer, stub.stream = impatient, True
    route = replace(PUBLIC, fallback=replace(STATIC.fallback or Fallback(), on=(), statuses=(503,)))
    gateway = await start(stub.endpoint(), routes=(route,), traffic=Traffic(breaker=None))
    async with connected(gateway) as client, connected(gateway) as other:
        await client.send(get("/", b"Content-Length: 10\r\n", method="POST") + b"012")
        assert (await client.reply("POST")).header("x-arena-fallback") == "static"
        assert (await other.ask(get("/mine"))).body == b"hello"
    assert [asked.target for asked in stub.asked] == ["/", "/mine"]
    assert stub.connections == 2
    await at_rest(gateway)


async def test_only_causes_that_are_named(start: Start, stub: Stub) -> None:
    stub.answer = hang_up
    route = replace(PUBLIC, fallback=replace(STATIC.fallback or Fallback(), on=("unavailable",)))
    gateway = await start(stub.endpoint(), routes=(route,), traffic=ONCE)
    async with connected(gateway) as client:
        (await client.ask(get())).problem(502, "upstream-failed")
        assert (await client.ask(get())).header("x-arena-fallback") == "static"  # the breaker is open


async def test_a_reply_that_has_begun_is_cut_not_replaced(start: Start, stub: Stub) -> None:
    async def breaks_off(talk: Talk) -> None:
        await talk.send(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhel")
        talk.writer.close()

    stub.answer = breaks_off
    gateway = await start(stub.endpoint(), routes=(STATIC,))
    async with connected(gateway) as client:
        await client.send(get())
        raw = await client.rest()
    assert raw.endswith(b"hel")
    assert b"x-arena-fallback" not in raw
    assert (await gateway.line())["outcome"] == "cut"
    await at_rest(gateway)


async def test_another_service_is_asked_with_everything_it_needs(start: Start, stubs: Stubs) -> None:
    dead, spare = await stubs(hang_up), await stubs()
    route = Route("web", "web", "/api", auth="none", strip_path=True, fallback=Fallback(service="spare"))
    gateway = await start(dead.endpoint(), spare.endpoint("spare", "spare-1"), routes=(route,))
    async with connected(gateway) as client:
        reply = await client.ask(post(b"put it", "/api/a?b=c", b"X-Mine: 1\r\n", method="PUT"))
    assert (reply.status, reply.body, reply.header("x-arena-fallback")) == (200, b"hello", "spare")
    (asked,) = spare.asked
    assert (asked.method, asked.target, asked.body, asked.header("x-mine")) == ("PUT", "/a?b=c", b"put it", "1")
    assert asked.header("host") == f"127.0.0.1:{spare.port}"
    line = await gateway.line()
    assert (line["service"], line["instance"], line["fallback"], line["attempts"]) == ("web", "spare-1", "spare", 4)
    await at_rest(gateway)


async def test_it_needs_no_route_and_is_found_when_it_comes_up_later(start: Start, stubs: Stubs) -> None:
    spare = await stubs()
    gateway = await start(routes=(SPARE,), services=("web", "spare"))
    async with connected(gateway) as client:
        detail = (await client.ask(get())).problem(503, "unavailable")["detail"]
        assert "spare" in str(detail)
        gateway.endpoints(spare.endpoint("spare", "spare-1"))
        assert (await client.ask(get())).header("x-arena-fallback") == "spare"
    await at_rest(gateway)


async def test_a_request_that_may_have_been_acted_upon_goes_nowhere_else(start: Start, stubs: Stubs) -> None:
    dead, spare = await stubs(hang_up), await stubs()
    gateway = await start(dead.endpoint(), spare.endpoint("spare", "spare-1"), routes=(SPARE,), traffic=ONCE)
    async with connected(gateway) as client:
        (await client.ask(post(b"pay"))).problem(502, "upstream-failed")
        assert spare.asked == []
        # Now the breaker is open, and nothing is sent to the first one.
        assert (await client.ask(post(b"pay"))).header("x-arena-fallback") == "spare"
    assert [one.body for one in spare.asked] == [b"pay"]


async def test_a_body_that_is_still_coming_is_passed_on(start: Start, stubs: Stubs) -> None:
    spare = await stubs()
    gateway = await start(nowhere(), spare.endpoint("spare", "spare-1"), routes=(SPARE,))
    body = b"0123456789" * 30_000
    async with connected(gateway) as client:
        assert (await client.ask(post(body))).status == 200
    assert spare.asked[0].body == body


async def test_there_is_no_fallback_of_a_fallback(start: Start, stubs: Stubs) -> None:
    """Two services that stand in for each other, both down: each is asked as often as its rules say, and that is all."""
    one, two = await stubs(hang_up), await stubs(hang_up)
    routes = (
        Route("one", "one", "/one", auth="none", fallback=Fallback(service="two")),
        Route("two", "two", "/two", auth="none", fallback=Fallback(service="one")),
    )
    gateway = await start(
        one.endpoint("one", "one-1"), two.endpoint("two", "two-1"), routes=routes, traffic=Traffic(breaker=None)
    )
    async with connected(gateway) as client:
        detail = (await client.ask(get("/one"))).problem(502, "upstream-failed")["detail"]
    assert "two-1" in str(detail)
    assert (len(one.asked), len(two.asked)) == (3, 3)
    await at_rest(gateway)


async def test_it_has_its_own_breaker_and_retries(start: Start, stubs: Stubs) -> None:
    spare = await stubs(hang_up)
    gateway = await start(spare.endpoint("spare", "spare-1"), routes=(SPARE,), traffic=ONCE)
    async with connected(gateway) as client:
        (await client.ask(get())).problem(502, "upstream-failed")
        (await client.ask(get())).problem(503, "circuit-open")
    assert len(spare.asked) == 1


async def test_it_takes_no_more_than_it_has_room_for(start: Start, stubs: Stubs) -> None:
    go = asyncio.Event()

    async def wait(talk: Talk) -> None:
        await go.wait()
        await talk.reply()

    spare = await stubs(wait)
    room = Traffic(concurrency=(ConcurrencyLimit(max_in_flight=1),))
    gateway = await start(spare.endpoint("spare", "spare-1"), routes=(SPARE,), traffic=room)
    async with connected(gateway) as first, connected(gateway) as second:
        await first.send(get())
        await eventually(lambda: len(spare.asked) == 1)
        (await second.ask(get())).problem(503, "too-many-in-flight")
        go.set()
        assert (await first.reply()).status == 200
        assert (await second.ask(get())).status == 200
    await at_rest(gateway)


async def test_after_the_deadline_a_reply_is_given_but_no_service_is_asked(start: Start, stubs: Stubs) -> None:
    slow, spare = await stubs(silence), await stubs()
    for route, status in ((replace(STATIC, timeout=0.1), 200), (replace(SPARE, timeout=0.1), 504)):
        gateway = await start(slow.endpoint(), spare.endpoint("spare", "spare-1"), routes=(route,))
        async with connected(gateway) as client:
            assert (await client.ask(get())).status == status
        await at_rest(gateway)
    assert spare.asked == []


async def test_within_the_deadline_a_slow_service_is_left_for_another(start: Start, stubs: Stubs) -> None:
    slow, spare = await stubs(silence), await stubs()
    route = replace(SPARE, timeout=10.0, retries=Retries(attempts=1, per_try_timeout=0.1))
    gateway = await start(slow.endpoint(), spare.endpoint("spare", "spare-1"), routes=(route,))
    async with connected(gateway) as client:
        assert (await client.ask(get())).header("x-arena-fallback") == "spare"
    assert spare.asked[0].header("x-request-deadline")
    await eventually(lambda: not slow.open_now)
    await at_rest(gateway)


async def test_a_client_that_leaves_while_the_fallback_works(start: Start, stubs: Stubs) -> None:
    dead, spare = await stubs(hang_up), await stubs(silence)
    gateway = await start(dead.endpoint(), spare.endpoint("spare", "spare-1"), routes=(SPARE,))
    async with connected(gateway) as client:
        await client.send(get())
        await eventually(lambda: spare.asked)
        client.leave()
        assert (await gateway.line())["outcome"] == "left"
    await at_rest(gateway)


async def test_no_request_gets_anothers_reply(start: Start, stubs: Stubs) -> None:
    turn = 0

    async def moody(talk: Talk) -> None:
        nonlocal turn
        turn += 1
        if turn % 3:
            talk.writer.close()
        else:
            await talk.reply(talk.asked.target.encode())

    async def echo(talk: Talk) -> None:
        await talk.reply(talk.asked.target.encode(), headers="x-spare: 1\r\n")

    one, spare = await stubs(moody), await stubs(echo)
    gateway = await start(
        one.endpoint(), spare.endpoint("spare", "spare-1"), routes=(SPARE,), traffic=Traffic(breaker=None)
    )

    async def visit(name: int) -> None:
        async with connected(gateway) as client:
            for number in range(25):
                reply = await client.ask(get(f"/{name}/{number}"))
                assert (reply.status, reply.body) == (200, f"/{name}/{number}".encode())
                assert (reply.header("x-spare") is None) == (reply.header("x-arena-fallback") is None)

    await asyncio.gather(*map(visit, range(6)))
    await at_rest(gateway)
