"""gateway.cache.stand: a kept reply in the place of another, changed as the route says."""

from __future__ import annotations

from dataclasses import replace

from arena.gateway.exchange import Exchange
from arena.gateway.refusal import Refusal
from arena.gateway.wire.reply import ReplyDraft
from arena.model.cache import CacheRule
from tests.gateway.cache.kit import origin, said
from tests.gateway.kit import PUBLIC, Start, Stub, connected, get

REFUSED = Refusal(502, "upstream-failed", "it cannot be changed")


class Louder:
    """Has bodies in capitals, each with the number of its change."""

    limit = 1000

    def __init__(self) -> None:
        self.count = 0

    def wants(self, x: Exchange, head: ReplyDraft) -> bool:
        return head.status == 200

    def change(self, x: Exchange, head: ReplyDraft, body: bytes) -> bytes | Refusal:
        self.count += 1
        return REFUSED if self.count == 4 else body.upper() + b" %d" % self.count


async def test_the_services_own_body_is_kept_and_changed_for_each(start: Start, stub: Stub) -> None:
    service = origin(stub, "cache-control: max-age=0\r\n", etag='"v1"')
    gateway = await start(stub.endpoint(), routes=(replace(PUBLIC, cache=CacheRule()),))
    louder = Louder()

    def recast(x: Exchange) -> None:
        x.recast = louder

    route = gateway.plane.table.routes[0]
    route.filters = (recast, *route.filters)
    async with connected(gateway) as client:
        first = await client.ask(get())
        service.headers = "cache-control: max-age=60\r\n"
        second = await client.ask(get())
        third = await client.ask(get())
        assert [one.body for one in (first, second, third)] == [b"REPLY 1 1", b"REPLY 1 2", b"REPLY 1 3"]
        assert [one.header("content-length") for one in (first, second, third)] == ["9"] * 3
        assert said(second).startswith("fwd=stale; fwd-status=304") and said(third).startswith("hit")
        (await client.ask(get())).problem(502, "upstream-failed")
        assert (await client.ask(get("/", b'If-None-Match: "v1"\r\n'))).status == 304
    assert service.count == 2
