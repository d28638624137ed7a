"""gateway.errand: requests of the gateway's own."""

from __future__ import annotations

from arena.gateway.exchange import Exchange, Outcome
from arena.gateway.flow import errand
from arena.gateway.wire.reply import ReplyDraft
from tests.gateway.kit import Client, Gateway, Stub, Talk, eventually, post


class Seen:
    def __init__(self) -> None:
        self.status = 0
        self.body = b""
        self.outcomes: list[Outcome] = []

    def began(self, x: Exchange, head: ReplyDraft) -> None:
        self.status = head.status

    def piece(self, x: Exchange, data: bytes) -> None:
        self.body += data

    def end(self, x: Exchange, outcome: Outcome, now: float) -> None:
        self.outcomes.append(outcome)


def sending(seen: Seen) -> object:
    def send(x: Exchange) -> None:
        y = errand.twin(x, x.match, x.service, "mirror")
        y.observe(seen)
        y.at_end(seen.end)
        errand.send(y)

    return send


async def test_a_twin_asks_the_same_and_its_reply_is_observed(gateway: Gateway, client: Client, stub: Stub) -> None:
    async def answer(talk: Talk) -> None:
        await talk.reply(b"x" * 100_000)

    stub.answer = answer
    seen = Seen()
    gateway.filter(sending(seen))  # type: ignore[arg-type]  # a filter
    reply = await client.ask(post(b"body", "/path?q=1"))
    assert reply.status == 200 and len(reply.body) == 100_000
    await eventually(lambda: seen.outcomes == ["served"])
    assert (seen.status, len(seen.body)) == (200, 100_000)
    one, two = stub.asked
    assert (one.target, one.body) == (two.target, two.body) == ("/path?q=1", b"body")
    assert one.header("x-request-id") == two.header("x-request-id") == reply.header("x-request-id")
    assert gateway.plane.stats.in_flight == 0
    lines = gateway.lines()
    assert sorted(line.get("errand", "") for line in lines) == ["", "mirror"]  # type: ignore[type-var]  # texts


async def test_an_errand_that_fails_troubles_nobody(gateway: Gateway, client: Client, stub: Stub) -> None:
    first = True

    async def answer(talk: Talk) -> None:
        nonlocal first
        if first:
            first = False
            talk.writer.close()
        else:
            await talk.reply()

    stub.answer = answer
    seen = Seen()
    gateway.filter(sending(seen))  # type: ignore[arg-type]  # a filter
    assert (await client.ask(post(b"body"))).status in (200, 502)
    await eventually(lambda: len(seen.outcomes) == 1 and gateway.plane.stats.in_flight == 0)
