"""What the parts of one gateway process share: the table, the connections, the counters, and the sweep of deadlines."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING

from arena.gateway.connection import tunnel
from arena.gateway.connection.client import ClientConnection
from arena.gateway.connection.outbox import Outbox
from arena.gateway.connection.upstream import UpstreamConnection
from arena.gateway.refusal import Refusal, reply
from arena.gateway.stats import Stats
from arena.gateway.table.match import NO_ROUTE, Match
from arena.gateway.table.routing import Table
from arena.gateway.wire.reply import ReplyReader
from arena.gateway.wire.request import RequestReader
from arena.model.project import GatewaySettings, Timeouts
from arena.telemetry.accesslog import INTERVAL, LineWriter, Stamp

if TYPE_CHECKING:
    from socket import socket

    from arena.gateway.connection.tls import Tls
    from arena.gateway.exchange import Exchange

_FULL = Refusal(503, "too-many-connections", "try again later", headers=(b"retry-after: 1",), close=True)
_FULL_FOR_ONE = replace(_FULL, detail="from this address; close one that is not needed, or try again later")
_SWEEP_SECONDS = 0.5
_KEEP_FORWARDED = 4096
# As long as connections may take to come from the kernel's handshake to its queue.
_LAST_CALLS_SECONDS = 0.05
_LAST_WORDS_SECONDS = 0.45
_LAST_READS_SECONDS = 1.0
_LAST_LINES_SECONDS = 1.0


class Plane:
    """The state of the data plane. `table` is replaced by a swap; everything else lives as long as the process. `tls` is None
    where clients speak plain HTTP; `arriving` are those in the middle of its handshake. `tunnels` are the exchanges that have
    become one.

    Deadlines are attributes that a sweep looks at a few times a second: a timer per request would cost more than the
    rest of its bookkeeping. A timeout therefore fires up to one sweep late.
    """

    def __init__(self, settings: GatewaySettings, log: LineWriter | None, max_connections: int) -> None:
        self.replies = ReplyReader()
        self.stats = Stats()
        self.stamp = Stamp()
        self.log = log
        self.outbox = Outbox()
        self.clients: set[ClientConnection] = set()
        self.tls: Tls | None = None
        self.arriving: set[socket] = set()
        self.upstreams: set[UpstreamConnection] = set()
        self.tunnels: set[Exchange] = set()
        self.draining = False
        self.unread = Match(b'"method":"","path":""' + NO_ROUTE, self.stats.route("", ""))
        self.table = Table([], {}, self.unread.stats, self.unread.stats)
        self.max_connections = self._cap = max_connections
        self._per_ip: Counter[str] | None = None
        self._most_per_ip = 0
        self._forwarded: dict[tuple[str, bool], bytes] = {}
        self.requests: RequestReader
        self.timeouts: Timeouts
        self.max_head: int
        self.configure(settings)

    def configure(self, settings: GatewaySettings) -> None:
        """Take over timeouts and limits; connections already waiting keep the deadline they have,
        and those beyond a new limit stay."""
        self.timeouts = settings.timeouts
        self.requests = RequestReader()  # what the old one remembers may be larger than a head may be now
        self.max_head = settings.max_header_bytes
        self.max_connections = min(self._cap, settings.max_connections or self._cap)
        self._most_per_ip = settings.max_connections_per_ip or 0
        self._per_ip = Counter(client.ip for client in self.clients) if self._most_per_ip else None
        shortest = min(self.timeouts.header, self.timeouts.body, self.timeouts.first_byte, self.timeouts.idle)
        self._sweep_every = min(_SWEEP_SECONDS, max(0.02, shortest / 4))

    # Connections.

    def enter(self, client: ClientConnection) -> None:
        """A client connected; beyond the cap it is told so and closed."""
        self.stats.accepted += 1
        peer = client.transport.get_extra_info("peername")
        client.ip = str(peer[0]) if peer else ""
        client.log_ip = client.ip.encode()
        if self.full():
            self._turn_away(client, _FULL)
            return
        if self._per_ip is not None:
            if self._per_ip[client.ip] >= self._most_per_ip:
                self._turn_away(client, _FULL_FOR_ONE)
                return
            self._per_ip[client.ip] += 1
        self.clients.add(client)
        client.forwarded = self._forwarded_lines(client.ip, secure=client.secure)
        if client.certificate is not None:
            client.forwarded = b"\r\n" + client.certificate.header + client.forwarded

    def leave(self, client: ClientConnection) -> None:
        """A client's connection is gone."""
        if client not in self.clients:
            return
        self.clients.discard(client)
        if self._per_ip is not None:
            self._per_ip[client.ip] -= 1
            if not self._per_ip[client.ip]:
                del self._per_ip[client.ip]

    def _turn_away(self, client: ClientConnection, refusal: Refusal) -> None:
        self.stats.turned_away += 1
        headers = (*refusal.headers, b"connection: close")
        client.transport.write(reply(503, b"application/problem+json", refusal.body(b""), headers))
        client.transport.close()

    def full(self) -> bool:
        """Whether there are as many connections as there may be."""
        return len(self.clients) + len(self.arriving) >= self.max_connections

    def _forwarded_lines(self, ip: str, *, secure: bool) -> bytes:
        """The forwarding headers of one address, shared by its connections; the host is written behind them."""
        key = ip, secure
        lines = self._forwarded.get(key)
        if lines is None:
            if len(self._forwarded) >= _KEEP_FORWARDED:
                self._forwarded.clear()
            proto = "https" if secure else "http"
            lines = f"\r\nx-forwarded-for: {ip}\r\nx-forwarded-proto: {proto}\r\nx-forwarded-host: ".encode()
            self._forwarded[key] = lines
        return lines

    # Background work.

    async def sweep(self) -> None:
        """End what is past its deadline, for ever."""
        while True:
            await asyncio.sleep(self._sweep_every)
            now = monotonic()
            late: list[ClientConnection | UpstreamConnection] = [one for one in self.clients if one.deadline < now]
            late += [one for one in self.upstreams if one.deadline < now]
            for one in late:
                one.expire()

    async def write_log(self) -> None:
        """Flush the access log in small bursts, for ever."""
        while True:
            await asyncio.sleep(INTERVAL)
            if self.log is not None:
                self.log.flush()

    # The end.

    async def drain(self, close_door: Callable[[], None]) -> bool:
        """Let requests under way end, at most `timeouts.drain` seconds; True when none had to be cut. Tunnels are ended after
        `timeouts.tunnel_drain`.

        Replies say `Connection: close` from now on. First everything goes on for a moment: clients who are in the middle of a
        conversation are told by a reply, and connections that wait to be accepted still are. Then the door is closed, and
        with it the connections that are idle.
        """
        self.draining = True
        await asyncio.sleep(_LAST_CALLS_SECONDS)
        close_door()
        await _until(lambda: not self.arriving, monotonic() + self.timeouts.header)
        await _until(lambda: not self.clients, monotonic() + _LAST_WORDS_SECONDS)
        self._close_idle()
        now = monotonic()
        tunnels_end = now + self.timeouts.tunnel_drain
        clean = await _until(lambda: self._requests_over(tunnels_end), now + self.timeouts.drain)
        await _until(lambda: not self.tunnels, tunnels_end)
        self._end_tunnels()
        # What was written needs a moment to be read.
        await _until(self._close_idle, monotonic() + (_LAST_READS_SECONDS if clean else 0.0))
        for client in list(self.clients):
            client.transport.abort()
        for upstream in list(self.upstreams):
            upstream.transport.abort()
        if self.log is not None:
            await _until(self.log.flush, monotonic() + _LAST_LINES_SECONDS)
        return clean

    def _requests_over(self, tunnels_end: float) -> bool:
        """Whether tunnels alone are under way, if these have not had their time by now."""
        if monotonic() >= tunnels_end:
            self._end_tunnels()
        return self.stats.in_flight == len(self.tunnels)

    def _end_tunnels(self) -> None:
        for x in list(self.tunnels):
            tunnel.end(x)

    def _close_idle(self) -> bool:
        """Close the connections that carry nothing; True when none at all is left."""
        for client in list(self.clients):
            client.close_if_idle()
        return not self.clients


async def _until(done: Callable[[], bool], end: float) -> bool:
    """Wait until `done` says so (True) or the monotonic clock passes `end` (False)."""
    while True:
        if done():
            return True
        if monotonic() >= end:
            return False
        await asyncio.sleep(0.02)
