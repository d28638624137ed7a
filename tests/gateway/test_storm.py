"""Everything at once: upstreams and clients that misbehave at random, while tables are swapped.

Whatever happens, each request has one line in the log, nothing stays in flight, no connection is left behind, and no
reply is ever somebody else's.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from itertools import count

import pytest

from tests.gateway.kit import Answer, Client, Cut, Gateway, Start, Stub, Talk, connected, eventually, get, post


def moody(rng: random.Random) -> Answer:
    """An upstream that echoes the target, one way or another, or fails, one way or another."""

    async def whole(talk: Talk, said: bytes) -> None:
        await talk.reply(said)

    async def chunked(talk: Talk, said: bytes) -> None:
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        await talk.send(head + b"%x\r\n%b\r\n" % (len(said), said))
        await asyncio.sleep(0)
        await talk.send(b"0\r\n\r\n")

    async def until_close(talk: Talk, said: bytes) -> None:
        await talk.send(b"HTTP/1.1 200 OK\r\n\r\n" + said)
        talk.writer.close()

    async def dripping(talk: Talk, said: bytes) -> None:
        for piece in (b"HTTP/1.1 200 OK\r\nConte", b"nt-Length: %d\r\n" % len(said), b"\r\n", said[:1], said[1:]):
            await talk.send(piece)
            await asyncio.sleep(0)

    async def dying(talk: Talk, said: bytes) -> None:
        await talk.send(rng.choice([b"", b"HTTP/1.1 2", b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" + said]))
        talk.writer.transport.abort()

    async def garbage(talk: Talk, said: bytes) -> None:
        await talk.send(b"lorem ipsum\r\n\r\n" + said)

    async def generous(talk: Talk, said: bytes) -> None:
        await talk.send(
            b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(said) + said + b"HTTP/1.1 200 OK\r\n\r\npoison"
        )

    moods = [whole, whole, whole, chunked, until_close, dripping, dying, garbage, generous]

    async def answer(talk: Talk) -> None:
        await rng.choice(moods)(talk, talk.asked.target.encode())

    return answer


async def exchange(client: Client, rng: random.Random, path: str) -> None:
    body = b"x" * rng.choice([0, 10, 100_000])
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body) + 1, body + b"y")
    request = rng.choice(
        [get(path), get(path), post(body, path), post(body, path, method="PUT"),
         get(path, b"Transfer-Encoding: chunked\r\n", method="POST") + chunks]
    )  # fmt: skip
    cut = rng.randrange(1, len(request))
    await client.send(request[:cut])
    await asyncio.sleep(0)
    await client.send(request[cut:])
    reply = await client.reply()
    assert reply.status in (200, 502, 503)
    if reply.status == 200:
        assert reply.body == path.encode()


async def visitor(gateway: Gateway, rng: random.Random, names: count[int]) -> int:
    """Some requests on one connection; how many were begun."""
    begun = 0
    async with connected(gateway) as client:
        try:
            for _ in range(rng.randrange(1, 8)):
                begun += 1
                await exchange(client, rng, f"/{next(names)}")
            if rng.random() < 0.3:
                begun += 1
                await client.send(get(f"/{next(names)}"))
                await asyncio.sleep(rng.random() * 0.01)
                client.leave()
        except (Cut, ConnectionError):
            pass
    return begun


@pytest.mark.parametrize("seed", range(4))
async def test_storm(start: Start, stubs: Callable[[Answer], Awaitable[Stub]], seed: int) -> None:
    rng, names = random.Random(seed), count()
    ups = [await stubs(moody(rng)) for _ in range(3)]
    # With the usual timeouts, which nobody here is slow enough for: how fast the machine is decides nothing.
    gateway = await start(*(up.endpoint(instance=f"web-{n}") for n, up in enumerate(ups)))

    async def swapping() -> None:
        while True:
            chosen = rng.sample(range(3), rng.randrange(1, 4))
            gateway.endpoints(*(ups[n].endpoint(instance=f"web-{n}") for n in chosen))
            await asyncio.sleep(0.01)

    swapper = asyncio.create_task(swapping())
    begun = sum(await asyncio.gather(*(visitor(gateway, rng, names) for _ in range(40))))
    swapper.cancel()
    plane = gateway.plane
    await eventually(lambda: not plane.clients and plane.stats.in_flight == 0, "everything ends")
    assert all(target.in_flight == 0 for target in gateway.view._assembler._targets.values())
    lines = gateway.lines()
    assert len({line["request_id"] for line in lines}) == len(lines) == sum(plane.stats.outcomes.values())
    assert begun * 0.8 < len(lines) <= begun
    assert {line["outcome"] for line in lines} <= {"served", "failed", "cut", "left"}
    gateway.endpoints()
    await eventually(lambda: not plane.upstreams, "no upstream connection is left behind")
