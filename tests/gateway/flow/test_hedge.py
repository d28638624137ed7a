"""gateway.hedge: races between two real instances, every way they can end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from arena.model.address import Address
from arena.model.resilience import Fallback, Hedge, Retries
from arena.model.snapshot import Endpoint
from arena.model.traffic import BreakerRule, Traffic
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
from tests.ports import black_hole

Stubs = Callable[..., Awaitable[Stub]]
SOON = replace(PUBLIC, hedge=Hedge(after=0.05))
STRICT = Traffic(BreakerRule(failures=1, open_for=3600.0))


class Turns:
    """The n-th request, at whichever instance, is answered by the n-th answer; all later ones by the last."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)

    async def __call__(self, talk: Talk) -> None:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        await answer(talk)


def after(seconds: float, body: bytes = b"late") -> Answer:
    async def answer(talk: Talk) -> None:
        await asyncio.sleep(seconds)
        await talk.reply(body)

    return answer


async def hang_up_late(talk: Talk) -> None:
    await asyncio.sleep(0.12)
    talk.writer.close()


async def hang_up(talk: Talk) -> None:
    talk.writer.close()


async def junk(talk: Talk) -> None:
    await talk.send(b"SSH-2.0-OpenSSH\r\n\r\n")


async def busy(talk: Talk) -> None:
    await talk.reply(b"busy", "503 Told")


async def two(stubs: Stubs, start: Start, answer: Answer, **options: object) -> tuple[Gateway, list[Stub]]:
    made = [await stubs(answer), await stubs(answer)]
    endpoints = [one.endpoint(instance=f"web-{number}") for number, one in enumerate(made)]
    options.setdefault("routes", (SOON,))
    options.setdefault("traffic", STRICT)
    return await start(*endpoints, **options), made


def asked(made: list[Stub]) -> int:
    return sum(len(one.asked) for one in made)


def results(gateway: Gateway) -> dict[str, int]:
    return {result: count for (_, result), count in gateway.plane.stats.hedges.items()}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_slow_one_is_overtaken_and_not_blamed(start: Start, stubs: Stubs, method: str) -> None:
    gateway, made = await two(stubs, start, Turns(silence, hello))
    async with connected(gateway) as client:
        reply = await client.ask(get(method=method))
        assert (reply.status, reply.body) == (200, b"hello" if method == "GET" else b"")
        assert {len(one.asked) for one in made} == {1}
        await eventually(lambda: sum(one.open_now for one in made) == 1, "the slow one is broken off")
        # Neither breaker opened, and the winner's connection is used again.
        assert [(await client.ask(get())).status for _ in range(4)] == [200] * 4
    assert results(gateway) == {"won": 1}
    line = gateway.lines()[0]
    assert (line["attempts"], line["hedge"], line["outcome"]) == (2, "won", "served")
    assert all(t.breaker is not None and t.breaker.closed for r in gateway.view.rosters for t in r.endpoints)
    await at_rest(gateway)


async def test_a_first_attempt_that_comes_in_first_wins(start: Start, stubs: Stubs) -> None:
    gateway, made = await two(stubs, start, Turns(after(0.15, b"first"), silence))
    async with connected(gateway) as client:
        assert (await client.ask(get())).body == b"first"
    assert asked(made) == 2
    assert results(gateway) == {"lost": 1}
    assert (await gateway.line())["hedge"] == "lost"
    await eventually(lambda: sum(one.open_now for one in made) == 1)
    await at_rest(gateway)


async def test_a_quick_reply_needs_no_hedge(start: Start, stubs: Stubs) -> None:
    gateway, made = await two(stubs, start, hello, routes=(replace(PUBLIC, hedge=Hedge(after=0.5)),))
    async with connected(gateway) as client:
        for _ in range(5):
            assert (await client.ask(get())).status == 200
    assert asked(made) == 5
    assert results(gateway) == {}
    assert all("hedge" not in line and line["attempts"] == 1 for line in gateway.lines())


@pytest.mark.parametrize(
    "request_", [post(b"x"), post(b"", method="PUT"), get(method="DELETE"), post(b"x", method="GET")]
)
async def test_only_gets_without_a_body(start: Start, stubs: Stubs, request_: bytes) -> None:
    gateway, made = await two(stubs, start, after(0.15))
    async with connected(gateway) as client:
        assert (await client.ask(request_)).body == b"late"
    assert asked(made) == 1


@pytest.mark.parametrize("bad", [hang_up_late, busy, junk])
async def test_the_hedge_goes_on_alone_when_the_first_attempt_fails(start: Start, stubs: Stubs, bad: Answer) -> None:
    async def late_and_bad(talk: Talk) -> None:
        await asyncio.sleep(0.1)
        await bad(talk)

    traffic = replace(STRICT, retries=Retries(statuses=(503,)))
    gateway, made = await two(stubs, start, Turns(late_and_bad, after(0.4, b"hedge")), traffic=traffic)
    async with connected(gateway) as client:
        assert (await client.ask(get())).body == b"hedge"
    assert asked(made) == 2
    assert results(gateway) == {"saved": 1}
    assert gateway.plane.stats.retries == 0
    # Who failed is to blame.
    states = sorted(t.breaker.closed for r in gateway.view.rosters for t in r.endpoints if t.breaker is not None)
    assert states == [False, True]
    await at_rest(gateway)


@pytest.mark.parametrize("bad", [hang_up, busy, junk])
async def test_a_hedge_that_fails_leaves_the_first_attempt_alone(start: Start, stubs: Stubs, bad: Answer) -> None:
    traffic = replace(STRICT, retries=Retries(statuses=(503,)))
    gateway, made = await two(stubs, start, Turns(after(0.3, b"first"), bad), traffic=traffic)
    async with connected(gateway) as client:
        assert (await client.ask(get())).body == b"first"
    assert asked(made) == 2
    assert results(gateway) == {"failed": 1}
    assert gateway.plane.stats.retries == 0
    states = sorted(t.breaker.closed for r in gateway.view.rosters for t in r.endpoints if t.breaker is not None)
    assert states == [False, True]
    await at_rest(gateway)


async def test_when_both_fail_the_retries_go_on(start: Start, stubs: Stubs) -> None:
    traffic = Traffic(breaker=None, retries=Retries(backoff=0.001, max_backoff=0.001))
    gateway, made = await two(stubs, start, Turns(hang_up_late, hang_up, hello), traffic=traffic)
    async with connected(gateway) as client:
        assert (await client.ask(get())).status == 200
    assert asked(made) == 3
    assert (await gateway.line())["attempts"] == 3
    await at_rest(gateway)


async def test_when_both_fail_for_good_it_is_said_once(start: Start, stubs: Stubs) -> None:
    traffic = Traffic(breaker=None, retries=Retries(attempts=2))
    gateway, _ = await two(stubs, start, Turns(hang_up_late, hang_up), traffic=traffic)
    async with connected(gateway) as client:
        (await client.ask(get())).problem(502, "upstream-failed")
        assert (await client.ask(get())).status == 502
    await at_rest(gateway)


async def test_a_status_kept_for_the_fallback_loses_the_race(start: Start, stubs: Stubs) -> None:
    spare = Fallback(body="calm", on=("failed",), statuses=(503,))
    gateway, _ = await two(
        stubs, start, Turns(after(0.2, b"first"), busy), routes=(replace(SOON, fallback=spare),), traffic=Traffic()
    )
    async with connected(gateway) as client:
        assert (await client.ask(get())).body == b"first"
    await at_rest(gateway)


async def test_an_instance_that_refuses_connections_is_no_loss(start: Start, stubs: Stubs) -> None:
    slow = await stubs(after(0.15, b"first"))
    gateway = await start(slow.endpoint(instance="a"), nowhere("b"), routes=(SOON,), traffic=STRICT)
    async with connected(gateway) as client:
        for _ in range(6):
            assert (await client.ask(get())).body == b"first"
    await at_rest(gateway)


async def test_an_instance_that_never_accepts_is_overtaken(start: Start, stubs: Stubs, stub: Stub) -> None:
    with black_hole() as port:
        endpoint = Endpoint("web", "web-0", Address("127.0.0.1", port), "passing")
        gateway = await start(endpoint, stub.endpoint(), routes=(SOON,), traffic=STRICT, timeouts=QUICK)
        async with connected(gateway) as client:
            for _ in range(4):
                assert (await client.ask(get())).status == 200
        await asyncio.sleep(QUICK.connect + 0.1)  # late dials end, and find nobody
        await at_rest(gateway)


async def test_both_silent_ends_in_time(start: Start, stubs: Stubs) -> None:
    gateway, made = await two(stubs, start, silence, timeouts=QUICK, traffic=Traffic(retries=Retries(attempts=2)))
    async with connected(gateway) as client:
        (await client.ask(get())).problem(504, "upstream-timeout")
    await eventually(lambda: not any(one.open_now for one in made), "both are broken off")
    await at_rest(gateway)


async def test_the_deadline_breaks_off_both(start: Start, stubs: Stubs) -> None:
    gateway, made = await two(stubs, start, silence, routes=(replace(SOON, timeout=0.2),), traffic=Traffic())
    async with connected(gateway) as client:
        (await client.ask(get())).problem(504, "deadline-exceeded")
    assert asked(made) == 2
    await eventually(lambda: not any(one.open_now for one in made))
    await at_rest(gateway)


async def test_a_try_that_times_out_while_a_hedge_is_out_makes_room(start: Start, stubs: Stubs) -> None:
    retries = Retries(attempts=2, per_try_timeout=0.2, on=("timeout",))
    gateway, made = await two(
        stubs, start, Turns(silence, after(0.25, b"hedge")), traffic=Traffic(breaker=None, retries=retries)
    )
    async with connected(gateway) as client:
        assert (await client.ask(get())).body == b"hedge"
    assert asked(made) == 2
    assert results(gateway) == {"saved": 1}
    await at_rest(gateway)


async def test_a_client_that_leaves_breaks_off_both(start: Start, stubs: Stubs) -> None:
    gateway, made = await two(stubs, start, silence)
    async with connected(gateway) as client:
        await client.send(get())
        await eventually(lambda: asked(made) == 2)
        client.leave()
        assert (await gateway.line())["outcome"] == "left"
    await eventually(lambda: not any(one.open_now for one in made))
    await at_rest(gateway)
    assert all(t.breaker is not None and t.breaker.closed for r in gateway.view.rosters for t in r.endpoints)


async def test_alone_there_is_nobody_to_hedge_with(start: Start, stub: Stub) -> None:
    stub.answer = after(0.15)
    gateway = await start(stub.endpoint(), routes=(SOON,))
    async with connected(gateway) as client:
        assert (await client.ask(get())).body == b"late"
    assert len(stub.asked) == 1


async def test_hedges_come_out_of_the_budget(start: Start, stubs: Stubs) -> None:
    gateway, made = await two(stubs, start, after(0.02), routes=(replace(PUBLIC, hedge=Hedge(after=0.002)),))
    async with connected(gateway) as client:
        for _ in range(60):
            assert (await client.ask(get())).status == 200
    seconds = 60 * 0.1
    assert asked(made) <= 60 + 10 + 0.2 * 60 + seconds
    await at_rest(gateway)


async def test_interim_replies_of_racing_attempts_reach_nobody(start: Start, stubs: Stubs) -> None:
    async def hints(talk: Talk) -> None:
        await asyncio.sleep(0.1)
        await talk.send(b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n")
        await talk.reader.read()

    gateway, _ = await two(stubs, start, Turns(hints, after(0.2, b"hedge")))
    async with connected(gateway) as client:
        reply = await client.ask(get())
    assert (reply.body, reply.interim) == (b"hedge", [])


async def test_percentile(start: Start, stubs: Stubs) -> None:
    """Nothing is hedged until it is known what is usual; then only what takes longer."""
    slow_turn = 150
    turn = 0

    async def answer(talk: Talk) -> None:
        nonlocal turn
        turn += 1
        if turn == slow_turn:
            await talk.reader.read()
        else:
            await talk.reply()

    # On a busy machine many take longer than what was usual a moment ago: none of this is about the budget.
    ample = replace(STRICT, retry_budget=1.0)
    routes = (replace(PUBLIC, hedge=Hedge(percentile=90)),)
    gateway, made = await two(stubs, start, answer, routes=routes, traffic=ample)
    async with connected(gateway) as client:
        for _ in range(100):
            assert (await client.ask(get())).status == 200
        assert asked(made) == 100
        while turn < slow_turn:
            assert (await client.ask(get())).status == 200
        gateway.endpoints(*(one.endpoint(instance=f"web-{number}") for number, one in enumerate(made)))
        assert (await client.ask(get())).status == 200  # what is known survives a swap
    assert results(gateway)["won"] >= 1
    await at_rest(gateway)


async def test_no_request_gets_anothers_reply(start: Start, stubs: Stubs) -> None:
    turn = 0

    async def moody(talk: Talk) -> None:
        nonlocal turn
        turn += 1
        kind = turn % 11
        if kind == 0:
            talk.writer.close()
            return
        if kind in (3, 6):
            await asyncio.sleep(0.03)
        if kind == 9:
            await asyncio.sleep(0.08)
        await talk.reply(talk.asked.target.encode())

    made = [await stubs(moody) for _ in range(3)]
    gateway = await start(
        *(one.endpoint(instance=f"web-{number}") for number, one in enumerate(made)),
        routes=(replace(PUBLIC, hedge=Hedge(after=0.01)),),
        traffic=Traffic(breaker=None, retry_budget=1.0, retries=Retries(attempts=6)),
    )

    async def visit(name: int) -> None:
        async with connected(gateway) as client:
            for number in range(40):
                reply = await client.ask(get(f"/{name}/{number}"))
                assert (reply.status, reply.body) == (200, f"/{name}/{number}".encode())

    await asyncio.gather(*map(visit, range(6)))
    assert results(gateway)["won"]
    await at_rest(gateway)
