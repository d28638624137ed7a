"""gateway.exchange."""

from __future__ import annotations

from arena.gateway.client import ClientConnection
from arena.gateway.exchange import Exchange
from arena.gateway.routing import Match
from arena.gateway.stats import RouteStats
from arena.gateway.wire.request import RequestHead


def test_a_new_exchange_has_happened_to_nobody() -> None:
    x = Exchange(ClientConnection.__new__(ClientConnection), RequestHead(), Match('""', RouteStats("", "")), 1.5)
    assert (x.began, x.status, x.attempts, x.bytes_in, x.bytes_out) == (1.5, 0, 0, 0, 0)
    assert (x.answered, x.over, x.target, x.upstream, x.principal) == (False, False, None, None, None)
    assert not hasattr(x, "__dict__")
