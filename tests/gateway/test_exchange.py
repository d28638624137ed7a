"""gateway.exchange."""

from __future__ import annotations

from arena.gateway.connection.client import ClientConnection
from arena.gateway.exchange import Exchange
from arena.gateway.refusal import Refusal
from arena.gateway.stats import RouteStats
from arena.gateway.table.match import Match
from arena.gateway.wire.request import NO_HEAD
from tests.gateway.kit import Client, Gateway, get


def test_a_new_exchange_has_happened_to_nobody() -> None:
    x = Exchange(ClientConnection.__new__(ClientConnection), NO_HEAD, Match(b'""', RouteStats("", "")), 1.5)
    assert (x.began, x.status, x.attempts, x.bytes_in, x.bytes_out) == (1.5, 0, 0, 0, 0)
    assert (x.answered, x.over, x.target, x.upstream, x.principal) == (False, False, None, None, None)
    assert not hasattr(x, "__dict__")


def test_what_is_told_to_the_client_adds_up() -> None:
    x = Exchange(ClientConnection.__new__(ClientConnection), NO_HEAD, Match(b'""', RouteStats("", "")), 0.0)
    x.tell(b"a: 1")
    x.tell(b"b: 2")
    assert x.reply_fields == b"a: 1\r\nb: 2"


async def test_ends_are_told_once_whatever_the_outcome(gateway: Gateway, client: Client) -> None:
    told: list[tuple[str, int]] = []

    def count(x: Exchange) -> None:
        x.at_end(lambda y, outcome, now: told.append((outcome, y.status)))
        x.at_end(lambda y, outcome, now: told.append((outcome, y.status)))

    gateway.filter(count)
    await client.ask(get())
    gateway.filter(lambda x: Refusal(503, "unavailable", "no"))
    await client.ask(get())
    assert told == [("served", 200)] * 2 + [("failed", 503)] * 2
