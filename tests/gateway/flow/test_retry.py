"""gateway.retry: real upstreams that fail, and how often, when and whom the gateway asks again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from arena.model.resilience import Retries
from arena.model.traffic import Traffic
from tests.gateway.kit import (
    PUBLIC,
    QUICK,
    Answer,
    Gateway,
    Start,
    Stub,
    Talk,
    at_rest,
    connected,
    eventually,
    get,
    hello,
    nowhere,
    post,
    silence,
)  # fmt: skip

Stubs = Callable[..., Awaitable[Stub]]
FAST = Retries(backoff=0.001, max_backoff=0.002)


def rules(**changes: object) -> Traffic:
    return Traffic(breaker=None, retries=replace(FAST, **changes))  # type: ignore[arg-type]  # passed through


def status(code: int, times: int = 1_000_000, headers: str = "") -> Answer:
    left = times

    async def answer(talk: Talk) -> None:
        nonlocal left
        left -= 1
        if left >= 0:
            await talk.reply(b"no", f"{code} Told", headers)
        else:
            await talk.reply()

    return answer


async def hang_up(talk: Talk) -> None:
    talk.writer.close()


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
async def test_a_status_that_is_named_is_asked_again(start: Start, stub: Stub, method: str) -> None:
    stub.answer = status(503, times=2)
    gateway = await start(stub.endpoint(), traffic=rules(statuses=(503,)))
    async with connected(gateway) as client:
        assert (await client.ask(get(method=method))).status == 200
    assert len(stub.asked) == 3
    assert (await gateway.line())["attempts"] == 3
    assert gateway.plane.stats.upstream_errors["web", "status_503"] == 2
    await at_rest(gateway)


async def test_other_statuses_and_other_methods_are_passed_on(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), traffic=rules(statuses=(503,)))
    async with connected(gateway) as client:
        stub.answer = status(502)
        reply = await client.ask(get())
        assert (reply.status, reply.body) == (502, b"no")
        stub.answer = status(503)
        assert (await client.ask(post(b"pay"))).status == 503
    assert len(stub.asked) == 2


async def test_the_services_own_reply_is_passed_on_when_attempts_end(start: Start, stub: Stub) -> None:
    stub.answer = status(503, headers="x-why: busy\r\n")
    gateway = await start(stub.endpoint(), traffic=rules(statuses=(503,)))
    async with connected(gateway) as client:
        reply = await client.ask(get())
    assert (reply.status, reply.body, reply.header("x-why"), len(stub.asked)) == (503, b"no", "busy", 3)
    await at_rest(gateway)


async def test_an_instance_that_was_not_asked_yet_is_preferred(start: Start, stubs: Stubs) -> None:
    busy = [await stubs(status(503)) for _ in range(3)]
    well = await stubs()
    endpoints = [one.endpoint(instance=f"web-{number}") for number, one in enumerate((*busy, well))]
    gateway = await start(*endpoints, traffic=rules(attempts=4, statuses=(503,)))
    async with connected(gateway) as client:
        for _ in range(3):
            assert (await client.ask(get())).status == 200
    assert len(well.asked) == 3
    await at_rest(gateway)


async def test_a_body_of_the_refused_reply_reaches_nobody(start: Start, stubs: Stubs) -> None:
    async def long_refusal(talk: Talk) -> None:
        await talk.send(b"HTTP/1.1 503 Told\r\ncontent-length: 100000\r\n\r\n" + b"secret" * 100)

    bad, well = await stubs(long_refusal), await stubs()
    gateway = await start(bad.endpoint(instance="a"), well.endpoint(instance="b"), traffic=rules(statuses=(503,)))
    async with connected(gateway) as client:
        for _ in range(8):
            reply = await client.ask(get())
            assert (reply.status, reply.body) == (200, b"hello")
    await at_rest(gateway)


async def test_a_whole_refused_reply_leaves_its_connection_in_use(start: Start, stub: Stub) -> None:
    stub.answer = status(503, times=2)
    gateway = await start(stub.endpoint(), traffic=rules(statuses=(503,)))
    async with connected(gateway) as client:
        await client.ask(get())
        await client.ask(get())
    await at_rest(gateway)
    assert all(upstream.exchange is None for upstream in gateway.plane.upstreams)


@pytest.mark.parametrize(("value", "asked"), [("1", 2), ("3600", 1), ("soon", 2)])
async def test_retry_after_is_waited_for_up_to_a_bound(start: Start, stub: Stub, value: str, asked: int) -> None:
    stub.answer = status(503, times=1, headers=f"retry-after: {value}\r\n")
    gateway = await start(stub.endpoint(), traffic=rules(statuses=(503,)))
    loop = asyncio.get_running_loop()
    async with connected(gateway) as client:
        began = loop.time()
        reply = await client.ask(get())
    assert (reply.status, len(stub.asked)) == (200 if asked == 2 else 503, asked)
    if value == "1":
        assert loop.time() - began >= 0.99


async def test_another_instance_is_not_made_to_wait_for_the_first_ones_retry_after(start: Start, stubs: Stubs) -> None:
    busy, well = await stubs(status(503, headers="retry-after: 3600\r\n")), await stubs()
    gateway = await start(busy.endpoint(instance="a"), well.endpoint(instance="b"), traffic=rules(statuses=(503,)))
    async with connected(gateway) as client:
        for _ in range(8):
            assert (await client.ask(get())).status == 200


async def test_a_slow_attempt_is_given_up_for_another_instance(start: Start, stubs: Stubs) -> None:
    slow, well = await stubs(silence), await stubs()
    traffic = rules(per_try_timeout=0.1, on=("connect", "reset", "timeout"))
    gateway = await start(slow.endpoint(instance="a"), well.endpoint(instance="b"), traffic=traffic)
    async with connected(gateway) as client:
        for _ in range(6):
            assert (await client.ask(get())).status == 200
        replies = [await client.ask(post(b"pay")) for _ in range(8)]
    assert {reply.status for reply in replies} <= {200, 504}
    await eventually(lambda: not slow.open_now, "every attempt that was given up is closed")
    await at_rest(gateway)
    assert sum(one.body == b"pay" for one in (*slow.asked, *well.asked)) == 8


async def test_a_try_that_connects_too_late_does_no_harm(start: Start, stub: Stub) -> None:
    """The first attempts end while their connections are being made; these are kept for others."""
    traffic = rules(attempts=5, per_try_timeout=0.000001, on=("timeout",))
    gateway = await start(stub.endpoint(), traffic=traffic)
    async with connected(gateway) as client:
        for _ in range(20):
            assert (await client.ask(get())).status in (200, 504)
    await at_rest(gateway)


async def test_without_timeout_in_on_a_slow_attempt_is_the_last(start: Start, stub: Stub) -> None:
    stub.answer = silence
    gateway = await start(stub.endpoint(), traffic=rules(per_try_timeout=0.05))
    async with connected(gateway) as client:
        detail = (await client.ask(get())).problem(504, "upstream-timeout")["detail"]
    assert "within 0.05 s" in str(detail)
    assert len(stub.asked) == 1


async def test_first_byte_timeouts_are_tried_again_if_told_so(start: Start, stub: Stub) -> None:
    stub.answer = silence
    gateway = await start(stub.endpoint(), timeouts=QUICK, traffic=rules(attempts=2, on=("timeout",)))
    async with connected(gateway) as client:
        (await client.ask(get())).problem(504, "upstream-timeout")
    assert len(stub.asked) == 2


@pytest.mark.parametrize("kind", ["service", "route"])
async def test_one_attempt_means_none_again(start: Start, stub: Stub, kind: str) -> None:
    stub.answer = hang_up
    once = replace(FAST, attempts=1)
    route = replace(PUBLIC, retries=once if kind == "route" else None)
    traffic = Traffic(breaker=None, retries=once if kind == "service" else FAST)
    gateway = await start(stub.endpoint(), nowhere(), routes=(route,), traffic=traffic)
    async with connected(gateway) as client:
        for _ in range(4):
            assert (await client.ask(get())).status == 502
    assert gateway.plane.stats.retries == 0
    assert all(line["attempts"] == 1 for line in gateway.lines())


async def test_causes_that_are_not_named_are_not_tried_again(start: Start, stub: Stub) -> None:
    stub.answer = hang_up
    gateway = await start(stub.endpoint(), traffic=rules(on=("connect",)))
    async with connected(gateway) as client:
        assert (await client.ask(get())).status == 502
    assert len(stub.asked) == 1


async def test_a_client_that_leaves_during_a_pause_asks_nothing_more(
    start: Start, stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arena.gateway.flow.retry.random", lambda: 0.5)  # by chance, the pause could be over at once
    stub.answer = status(503)
    slowly = Retries(backoff=60.0, max_backoff=60.0, statuses=(503,))
    gateway = await start(stub.endpoint(), traffic=Traffic(breaker=None, retries=slowly))
    async with connected(gateway) as client:
        await client.send(get())
        await eventually(lambda: gateway.plane.stats.retries == 1)
        client.leave()
        line = await gateway.line()
    assert (line["outcome"], line["status"], line["attempts"]) == ("left", 499, 1)
    assert len(stub.asked) == 1
    await at_rest(gateway)


async def test_no_request_gets_anothers_reply(start: Start, stubs: Stubs) -> None:
    """Instances that fail in every way, clients on connections of their own, and a nonce in each request."""
    turn = 0

    async def moody(talk: Talk) -> None:
        nonlocal turn
        turn += 1
        if turn % 7 == 0:
            talk.writer.close()
        elif turn % 5 == 0:
            await talk.reply(b"busy", "503 Told")
        elif turn % 3 == 0:
            await asyncio.sleep(0.08)
            await talk.reply(talk.asked.target.encode())
        else:
            await talk.reply(talk.asked.target.encode())

    made = [await stubs(moody) for _ in range(3)]
    traffic = rules(attempts=6, per_try_timeout=0.04, on=("connect", "reset", "timeout"), statuses=(503,))
    endpoints = [one.endpoint(instance=f"web-{number}") for number, one in enumerate(made)]
    gateway = await start(*endpoints, traffic=replace(traffic, retry_budget=1.0))

    async def one(name: int) -> int:
        good = 0
        async with connected(gateway) as client:
            for number in range(30):
                reply = await client.ask(get(f"/{name}/{number}"))
                if reply.status == 200:
                    assert reply.body == f"/{name}/{number}".encode()
                    good += 1
        return good

    assert sum(await asyncio.gather(*map(one, range(6)))) > 100
    await at_rest(gateway)


async def test_the_budget_is_the_configured_one_and_survives_a_swap(start: Start, stub: Stub) -> None:
    stub.answer = status(503)
    gateway = await start(stub.endpoint(), traffic=replace(rules(statuses=(503,), attempts=10), retry_budget=0.05))
    async with connected(gateway) as client:
        for number in range(60):
            assert (await client.ask(get())).status == 503
            if number % 10 == 0:
                gateway.endpoints(stub.endpoint())
    # Ten are there from the start, one a second comes by, and one in twenty requests pays for one.
    assert gateway.plane.stats.retries <= 10 + 0.05 * 60 + 10


async def test_default_retries_remember_nothing_of_requests_that_go_well(gateway: Gateway, stub: Stub) -> None:
    seen = []

    async def watch(talk: Talk) -> None:
        seen.extend(client.exchange.tries for client in gateway.plane.clients if client.exchange is not None)
        await hello(talk)

    stub.answer = watch
    async with connected(gateway) as client:
        assert (await client.ask(get())).status == 200
    assert seen == [None]
