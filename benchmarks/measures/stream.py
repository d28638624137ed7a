"""How much later the first event of a stream reaches the client than without a gateway."""

from __future__ import annotations

import contextlib
import socket
import sys
import time
from pathlib import Path
from statistics import median

from benchmarks.contenders import arena
from benchmarks.contenders.base import Missing
from benchmarks.pin import Cores, pinned
from benchmarks.process import Broken, await_port, free_port, running
from benchmarks.result import Figure
from benchmarks.site import Keys, Site

NAME = "first event of a stream, later by"
_ASKS = 300
_PATIENCE = 10.0  # seconds
_EVENT, _END = b"data: 1\n\n", b"0\r\n\r\n"


def measure(folder: Path, cores: Cores) -> tuple[Figure, ...]:
    """Milliseconds from the request to the first event: through a gateway with everything on, less straight from the origin,
    asked in turn over connections that are kept."""
    try:
        later, direct = _compare(folder, cores)
    except (Missing, Broken, OSError) as error:
        return (Figure(NAME, None, "ms", f"not measured: {error}"),)
    return (Figure(NAME, later, "ms", f"median of {_ASKS} asks; straight from the origin {direct:.2f} ms"),)


def _compare(folder: Path, cores: Cores) -> tuple[float, float]:
    keys = Keys()
    origin = Site(folder / "stream-origin", free_port(), 0, keys.secret)
    site = Site(folder / "stream-gateway", free_port(), origin.port, keys.secret)
    for place in (origin, site):
        place.folder.mkdir()
    events = (sys.executable, "-m", "benchmarks.events", str(origin.port))
    command = arena.command(site, arena.spec(site, (arena.FULL,), access_log=True))
    with (
        running(events, origin.output, cores.load) as behind,
        running(command, site.output, cores.proxy) as gateway,
        pinned(cores.load),
    ):
        await_port(behind, origin.port)
        await_port(gateway, site.port)
        with _Client(origin.port, keys.good()) as direct, _Client(site.port, keys.good()) as through:
            pairs = [(through.ask(), direct.ask()) for _ in range(_ASKS)]
    return median(one - other for one, other in pairs) * 1e3, median(other for _, other in pairs) * 1e3


class _Client(contextlib.AbstractContextManager["_Client"]):
    """One connection that asks for streams and times their beginning."""

    def __init__(self, port: int, token: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._request = f"GET /events HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n".encode()

    def ask(self) -> float:
        """Seconds until the first event; the stream is then read to its end."""
        began = time.perf_counter()
        self._socket.sendall(self._request)
        seen = self._read_until(b"", _EVENT)
        took = time.perf_counter() - began
        self._read_until(seen, _END)
        return took

    def _read_until(self, seen: bytes, mark: bytes) -> bytes:
        while mark not in seen:
            data = self._socket.recv(65536)
            if not data:
                raise Broken(f"a stream broke off: {seen[:120]!r}")
            seen += data
        return seen

    def __exit__(self, *_: object) -> None:
        self._socket.close()
