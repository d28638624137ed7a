"""A service that says how its replies may be kept, and what a cache did."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any

from arena.model.cache import CacheRule
from arena.model.route import Route
from tests.gateway.kit import Asked, Client, Gateway, Reply, Stub, Talk, bearer, connected, get


@dataclass
class Origin:
    """Answers every request with a number of its own, `headers` (lines with their ends), and 304 when asked about `etag`."""

    headers: str = "cache-control: max-age=60\r\n"
    status: str = "200 OK"
    body: bytes = b""
    etag: str = ""
    count: int = 0
    seen: list[Asked] = field(default_factory=list)

    async def __call__(self, talk: Talk) -> None:
        self.count += 1
        self.seen.append(talk.asked)
        tag = f"etag: {self.etag}\r\n" if self.etag else ""
        if self.etag and talk.asked.header("if-none-match") == self.etag:
            await talk.send(f"HTTP/1.1 304 Not Modified\r\n{tag}{self.headers}\r\n".encode())
        else:
            await talk.reply(self.body or b"reply %d" % self.count, self.status, tag + self.headers)


def origin(stub: Stub, headers: str = "cache-control: max-age=60\r\n", **more: object) -> Origin:
    made = Origin(headers, **more)  # type: ignore[arg-type]  # passed through
    stub.answer = made
    return made


def said(reply: Reply) -> str:
    """What Cache-Status says, without our name."""
    value = reply.header("cache-status") or ""
    assert value.startswith("arena; "), value
    return value.removeprefix("arena; ")


OPEN = Route("web", "web", "/", auth="none", cache=CacheRule())

GUARDED = Route("web", "web", "/", cache=CacheRule())

ALICE, BOB = bearer("user", sub="alice"), bearer("user", sub="bob")


def ruled(route: Route = OPEN, **rule: Any) -> Route:
    return replace(route, cache=CacheRule(**rule))


async def twice(client: Client, first: bytes, second: bytes | None = None) -> tuple[Reply, Reply]:
    return await client.ask(first), await client.ask(second or first)


async def many(gateway: Gateway, count: int, *lines: bytes) -> list[Reply]:
    async def one() -> Reply:
        async with connected(gateway) as client:
            return await client.ask(get("/", *lines))

    return list(await asyncio.gather(*(one() for _ in range(count))))


def gated(stub: Stub, headers: str) -> tuple[asyncio.Event, Origin]:
    go, service = asyncio.Event(), origin(stub, headers)

    async def answer(talk: Talk) -> None:
        await go.wait()
        await service(talk)

    stub.answer = answer
    return go, service
