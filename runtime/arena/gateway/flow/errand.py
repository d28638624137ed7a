"""A request of the gateway's own: it goes the way of every other, but nobody waits for its reply.

Retries, breakers, timeouts and counters treat it as any exchange. What is written to its client is dropped; whoever wants the
reply observes it (`Exchange.observe`), and learns of its end (`Exchange.at_end`).
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from arena.gateway.exchange import Client, Exchange
from arena.gateway.flow import forward

if TYPE_CHECKING:
    from arena.gateway.plane import Plane
    from arena.gateway.table.match import Match
    from arena.gateway.table.route import Service


class Nobody:
    """The client of an errand. It looks to the service like the client on whose behalf it goes."""

    __slots__ = ("blocked", "certificate", "forwarded", "ip", "log_ip", "plane")

    def __init__(self, behalf: Client) -> None:
        self.plane: Plane = behalf.plane
        self.ip = behalf.ip
        self.log_ip = behalf.log_ip
        self.forwarded = behalf.forwarded
        self.certificate = behalf.certificate
        self.blocked = False

    def write(self, data: bytes) -> None:
        """Nobody reads it."""

    def hold(self) -> None:
        """There is nothing more to read."""

    def go_on(self) -> None:
        """There is nothing more to read."""

    def will_keep(self, x: Exchange) -> bool:  # noqa: ARG002  # the signature of Client
        """There is no connection to be closed."""
        return True

    def reply_done(self, x: Exchange, now: float) -> None:
        """Nobody waits for it."""

    def cut(self, *, visible: bool) -> None:
        """Nobody waits for the rest."""

    def enter_tunnel(self) -> bytes:
        """Never happens: no errand offers to switch protocols."""
        return b""


def twin(x: Exchange, match: Match, service: Service, kind: str) -> Exchange:
    """An exchange that asks `service` what `x` asks, at the path of `match`; `x.body` must be whole. It is part of the same
    trace, is counted by the route of `match` and logged as an errand of this `kind`. `send` begins it."""
    y = Exchange(Nobody(x.client), x.head, match, monotonic())
    y.fields = x.fields
    y.service = service
    y.query, y.body, y.bytes_in = x.query, x.body, len(x.body)
    y.principal, y.log_caller = x.principal, x.log_caller
    y.ids, y.request_id, y.trace_id = x.ids, x.request_id, x.trace_id
    y.first_byte = x.first_byte
    y.log_more = b',"errand":"%b"' % kind.encode()
    return y


def detach(x: Exchange) -> None:
    """Let `x` go on as an errand: its client has left."""
    client = x.client
    x.client = Nobody(client)
    x.log_more += b',"client_left":true'
    if client.blocked and x.upstream is not None:
        x.upstream.go_on()


def send(y: Exchange) -> None:
    """Send an errand on its way."""
    y.client.plane.stats.in_flight += 1
    forward.send_on(y)
