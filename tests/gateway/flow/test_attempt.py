"""gateway.attempt: what real endpoints do, and what their breakers make of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from arena.gateway.table.target import Target
from arena.model.traffic import BreakerRule, Traffic
from tests.gateway.kit import (
    QUICK,
    Answer,
    Gateway,
    Start,
    Stub,
    Talk,
    connected,
    eventually,
    get,
    hello,
    nowhere,
    post,
)

ONCE = Traffic(BreakerRule(failures=1, open_for=0.2, max_open_for=0.2, trials=1))
NEVER_AGAIN = Traffic(BreakerRule(failures=1, open_for=3600.0))


def target(gateway: Gateway) -> Target:
    (one,) = gateway.plane.table.routes[0].service.targets
    return one


def state(gateway: Gateway) -> str:
    breaker = target(gateway).breaker
    assert breaker is not None
    return breaker.state(asyncio.get_running_loop().time())


async def bad_gateway(talk: Talk) -> None:
    await talk.reply(status="502 Bad Gateway")


async def server_error(talk: Talk) -> None:
    await talk.reply(status="500 Internal Server Error")


async def hang_up(talk: Talk) -> None:
    talk.writer.close()


async def junk(talk: Talk) -> None:
    await talk.send(b"SSH-2.0-OpenSSH\r\n\r\n")


async def silence(_talk: Talk) -> None:
    await asyncio.sleep(3600)


async def broken_off(talk: Talk) -> None:
    await talk.send(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhel")
    talk.writer.close()


@pytest.mark.parametrize("answer", [bad_gateway, hang_up, junk, silence, broken_off])
async def test_each_kind_of_failure_counts_and_the_next_is_refused_at_once(
    start: Start, stub: Stub, answer: Answer
) -> None:
    stub.answer = answer
    gateway = await start(stub.endpoint(), timeouts=QUICK, traffic=NEVER_AGAIN)
    async with connected(gateway) as client:
        await client.send(post(b"once"))  # not idempotent: one attempt
        await eventually(lambda: state(gateway) == "open")
    asked = len(stub.asked)
    async with connected(gateway) as client:
        reply = await client.ask(get())
        detail = str(reply.problem(503, "circuit-open")["detail"])
    assert "web" in detail
    assert 3500 < int(reply.header("retry-after") or 0) <= 3600
    assert len(stub.asked) == asked == 1
    assert gateway.plane.stats.breaker_refused["web"] == 1


async def test_a_refused_connection_counts(start: Start) -> None:
    gateway = await start(nowhere(), traffic=NEVER_AGAIN)
    async with connected(gateway) as client:
        (await client.ask(get())).problem(502, "upstream-failed")
        (await client.ask(get())).problem(503, "circuit-open")


@pytest.mark.parametrize("answer", [hello, server_error])
async def test_replies_of_other_statuses_are_no_failures(start: Start, stub: Stub, answer: Answer) -> None:
    stub.answer = answer
    gateway = await start(stub.endpoint(), traffic=NEVER_AGAIN)
    async with connected(gateway) as client:
        for _ in range(3):
            await client.ask(get())
    assert state(gateway) == "closed"


async def test_statuses_are_what_the_rule_says(start: Start, stub: Stub) -> None:
    stub.answer = server_error
    gateway = await start(stub.endpoint(), traffic=Traffic(BreakerRule(failures=2, open_for=60.0, statuses=(500,))))
    async with connected(gateway) as client:
        assert [(await client.ask(get())).status for _ in range(3)] == [500, 500, 503]


async def test_slow_replies_open_it_but_not_slow_requests(start: Start, stub: Stub) -> None:
    rule = BreakerRule(slow_after=0.05, slow_rate=0.5, min_requests=1, open_for=60.0)

    async def slow(talk: Talk) -> None:
        await asyncio.sleep(0.1)
        await talk.reply()

    gateway = await start(stub.endpoint(), traffic=Traffic(rule))
    async with connected(gateway) as client:
        await client.send(get("/", b"Content-Length: 2\r\n", method="POST") + b"a")
        await asyncio.sleep(0.1)
        await client.send(b"b")
        assert (await client.reply()).status == 200
        assert state(gateway) == "closed"
        stub.answer = slow
        assert (await client.ask(get())).status == 200
        assert state(gateway) == "open"


async def test_a_keep_alive_connection_that_was_closed_says_nothing(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), traffic=NEVER_AGAIN)
    async with connected(gateway) as client:
        assert (await client.ask(post(b"x"))).status == 200
        stub.answer = hang_up
        (await client.ask(post(b"x"))).problem(502, "upstream-failed")
    assert state(gateway) == "closed"


async def test_a_client_that_leaves_says_nothing_and_gives_its_trial_back(start: Start, stub: Stub) -> None:
    stub.answer = bad_gateway
    gateway = await start(stub.endpoint(), traffic=ONCE)
    async with connected(gateway) as client:
        assert (await client.ask(get())).status == 502
        await eventually(lambda: state(gateway) == "half_open")
        stub.answer = silence
        await client.send(get("/trial"))
        await eventually(lambda: len(stub.asked) == 2)
        async with connected(gateway) as other:
            (await other.ask(get())).problem(503, "circuit-open")
        client.leave()
    await eventually(lambda: not gateway.plane.stats.in_flight)
    stub.answer = hello
    async with connected(gateway) as client:
        assert (await client.ask(get())).status == 200
    assert state(gateway) == "closed"


async def test_it_comes_back_by_itself_and_others_take_over_meanwhile(
    start: Start, stub: Stub, stubs: Callable[[], Awaitable[Stub]]
) -> None:
    well = await stubs()
    stub.answer = bad_gateway
    gateway = await start(stub.endpoint(), well.endpoint(instance="web-2"), traffic=ONCE)
    async with connected(gateway) as client:
        statuses = [(await client.ask(get())).status for _ in range(40)]
        assert statuses.count(502) <= 3  # one at first, and a trial now and then
        stub.answer = hello
        (ill,) = [one for one in gateway.plane.table.routes[0].service.targets if one.instance == "web-1"]

        async def closed() -> bool:
            assert (await client.ask(get())).status == 200
            return ill.breaker is not None and ill.breaker.closed

        async with asyncio.timeout(5):
            while not await closed():
                await asyncio.sleep(0.01)


async def test_its_state_survives_a_swap_until_the_registry_says_it_recovered(start: Start, stub: Stub) -> None:
    stub.answer = bad_gateway
    gateway = await start(stub.endpoint(), traffic=NEVER_AGAIN)
    async with connected(gateway) as client:
        assert (await client.ask(get())).status == 502
        gateway.endpoints(stub.endpoint(metadata={"version": "2"}))
        (await client.ask(get())).problem(503, "circuit-open")
        gateway.endpoints(stub.endpoint(health="failing"))
        gateway.endpoints(stub.endpoint())
        stub.answer = hello
        assert (await client.ask(get())).status == 200


async def test_without_a_breaker_everything_goes_on(start: Start, stub: Stub) -> None:
    stub.answer = bad_gateway
    gateway = await start(stub.endpoint(), traffic=Traffic(breaker=None))
    async with connected(gateway) as client:
        assert [(await client.ask(get())).status for _ in range(30)] == [502] * 30
    assert target(gateway).breaker is None


async def test_no_retry_is_spent_when_the_last_breaker_has_just_opened(start: Start, stub: Stub) -> None:
    stub.answer = hang_up
    gateway = await start(stub.endpoint(), traffic=NEVER_AGAIN)
    async with connected(gateway) as client:
        (await client.ask(get())).problem(502, "upstream-failed")
    assert gateway.plane.stats.retries == 0
