"""`python -m benchmarks.plane FOLDER`: requests through the data plane with transports that only keep what is written, for
gateways that differ from one with nothing on its route in one filter each.

No system call, no event loop and no neighbour is in these figures, which makes them the steadiest there are: a change to the
hot path shows here first. Python does not count allocations; the blocks its allocator has given out and not taken back are
counted instead, in the middle of requests and after them.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from arena.gateway.connection.client import ClientConnection
from arena.gateway.connection.upstream import UpstreamConnection
from arena.gateway.lists.watch import load_snapshot
from arena.gateway.plane import Plane
from arena.gateway.process import load_spec
from arena.gateway.view import View
from arena.model.cors import Cors
from arena.model.route import Route
from arena.model.traffic import Traffic
from arena.model.transform import Edit, Pair, Transform
from arena.telemetry.accesslog import LineWriter
from benchmarks.ask import ITEM, REPLY
from benchmarks.contenders import arena
from benchmarks.load import CONNECTIONS
from benchmarks.site import ROLE, Keys, Site

EVERYTHING, NOTHING, GUARDED = "everything", "nothing", "JWT, a known token"
_TURNS, _REPEATS = 20, 30
_PUBLIC = replace(arena.FULL, auth="none", roles=(), rate_limits=())
_KNOWN = replace(_PUBLIC, auth="required")
_SET = Edit(set=(Pair("X-Bench", "yes"),))


@dataclass(frozen=True, slots=True)
class Variant:
    """A route and its surroundings. `beside` names the one it is compared with; `fresh`: no request head comes
    twice. `introduced`: the service is told who asks."""

    route: Route = _PUBLIC
    traffic: Traffic = Traffic(breaker=None)
    access_log: bool = False
    fresh: bool = False
    introduced: bool = False
    beside: str = NOTHING


VARIANTS: dict[str, Variant] = {
    NOTHING: Variant(),
    GUARDED: Variant(_KNOWN),
    "roles": Variant(replace(_KNOWN, roles=(ROLE,)), beside=GUARDED),
    "who asks, told to the service": Variant(_KNOWN, introduced=True, beside=GUARDED),
    "rate limit": Variant(replace(_PUBLIC, rate_limits=(arena.LIMIT,))),
    "access log": Variant(access_log=True),
    "circuit breaker": Variant(traffic=Traffic()),
    "one header set each way": Variant(replace(_PUBLIC, transform=Transform(_SET, _SET))),
    "CORS, not from a browser": Variant(replace(_PUBLIC, cors=Cors(origins=("https://a.example",)))),
    "a request head not seen before": Variant(fresh=True),
    EVERYTHING: Variant(arena.FULL, Traffic(), access_log=True, introduced=True),
}


class _Wire:
    """A transport that keeps the last thing written."""

    def __init__(self) -> None:
        self.written = b""

    def write(self, data: bytes) -> None:
        self.written = data

    def is_closing(self) -> bool:
        return False

    def abort(self) -> None:
        raise RuntimeError("a connection was broken off: the gateway does not do what it is timed for")

    def get_extra_info(self, name: str) -> object:
        return ("127.0.0.1", 1) if name == "peername" else None


class Bench:
    """A gateway, 32 clients and 32 connections to one endpoint."""

    def __init__(self, folder: Path, variant: Variant) -> None:
        keys = Keys()
        site = Site(folder, 1, 1, keys.secret)
        told = arena.spec(site, (variant.route,), access_log=variant.access_log, introduced=variant.introduced)
        arena.command(site, replace(told, traffic={arena.SERVICE: variant.traffic}))
        spec = load_spec(folder / "gateway.json")
        self.log = LineWriter(os.open(os.devnull, os.O_WRONLY)) if variant.access_log else None
        self.plane = Plane(spec.settings, self.log, 2 * CONNECTIONS)
        self.view = View(self.plane, spec, load_snapshot(spec.snapshot_file))
        self._fresh = variant.fresh
        self._asked = 0
        (target,) = self.plane.table.routes[0].service.targets
        self.clients = [ClientConnection(self.plane) for _ in range(CONNECTIONS)]
        self.upstreams = [UpstreamConnection(self.plane, target) for _ in range(CONNECTIONS)]
        for connection in (*self.clients, *self.upstreams):
            connection.connection_made(cast("asyncio.Transport", _Wire()))
        for upstream in self.upstreams:
            upstream.park(time.monotonic())
        head = (
            f"GET {ITEM.path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {keys.good()}\r\nX-Number: %09d\r\n\r\n"
        )
        reply = (
            "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Mon, 23 Nov 2026 14:15:47 GMT\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(REPLY)}\r\nConnection: keep-alive\r\n\r\n{REPLY}"
        )
        self._head, self._reply = head.encode(), bytearray(reply.encode())

    def ask(self) -> None:
        """One request from each client."""
        for client in self.clients:
            self._asked += self._fresh
            client.data_received(self._head % self._asked)  # new bytes each time, as a socket gives them
        self.plane.outbox.flush()

    async def answer(self) -> None:
        """One reply to each, and what the loop does at the end of a turn."""
        for upstream in self.upstreams:
            upstream.data_received(bytes(self._reply))
        self.plane.outbox.flush()
        await asyncio.sleep(0)
        if self.log is not None:
            self.log.flush()

    def served(self) -> bool:
        """Whether every client has its reply."""
        wires = [cast("_Wire", client.transport) for client in self.clients]
        return all(wire.written.startswith(b"HTTP/1.1 200") and wire.written.endswith(REPLY.encode()) for wire in wires)


async def run(folder: Path, repeats: int = _REPEATS) -> dict[str, Any]:
    """`microseconds` of a request by variant, in the best of `repeats`; `blocks` of one under way and what is `left` by each of
    `requests`, with everything on."""
    benches = {}
    for name, variant in VARIANTS.items():
        place = folder / f"{len(benches)}"
        place.mkdir()
        benches[name] = await _warm(Bench(place, variant))
    gc.collect()
    gc.freeze()
    idle = sys.getallocatedblocks()
    bench = benches[EVERYTHING]
    bench.ask()
    blocks = (sys.getallocatedblocks() - idle) / CONNECTIONS
    await bench.answer()
    await _turns(bench)
    gc.collect()
    requests = CONNECTIONS * (1 + _TURNS)
    left = (sys.getallocatedblocks() - idle) / requests
    times: dict[str, float] = dict.fromkeys(benches, float("inf"))
    for _ in range(repeats):
        for name, each in benches.items():
            times[name] = min(times[name], await _turns(each))
    microseconds = {name: seconds * 1e6 for name, seconds in times.items()}
    return {"microseconds": microseconds, "blocks": blocks, "left": left, "requests": requests}


async def _warm(bench: Bench) -> Bench:
    for _ in range(5):
        bench.ask()
        await bench.answer()
    if not bench.served():
        raise RuntimeError(f"this is no reply: {cast('_Wire', bench.clients[0].transport).written[:200]!r}")
    return bench


async def _turns(bench: Bench) -> float:
    began = time.process_time()
    for _ in range(_TURNS):
        bench.ask()
        await bench.answer()
    return (time.process_time() - began) / (_TURNS * CONNECTIONS)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(Path(sys.argv[1])))))
