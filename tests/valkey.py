"""A real Valkey server for tests, on a unix socket in a folder of its own."""

from __future__ import annotations

import asyncio
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from arena.daemon.store import program
from arena.gateway.store.store import Store
from arena.model.store import StoreAddress

PATIENCE = 10.0


@dataclass
class Server:
    """One server that can be killed, stopped and started again at the same address."""

    folder: Path
    options: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> StoreAddress:
        return StoreAddress(path=str(self.folder / "s"))

    def start(self) -> None:
        words = (program(), "--port", "0", "--unixsocket", self.address.path, "--save", "", "--appendonly", "no")
        self.process = subprocess.Popen(
            [*words, *self.options], cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        end = time.monotonic() + PATIENCE
        while not self._answers():
            assert time.monotonic() < end, "the server did not start"
            time.sleep(0.01)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def freeze(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(self.address.path)
            except OSError:
                return False
            probe.sendall(b"PING\r\n")
            return bool(probe.recv(64))


@contextmanager
def running(*options: str) -> Iterator[Server]:
    """A server with these further options on its command line, started."""
    server = Server(Path(tempfile.mkdtemp(prefix="arena-valkey-")), options)
    try:
        server.start()
        yield server
    finally:
        server.kill()
        shutil.rmtree(server.folder)


async def connected(server: Server) -> Store:
    """A store of the gateway's that has reached `server`."""
    store = Store(server.address)
    while not store.reachable:
        await asyncio.sleep(0.01)
    return store


async def closed(store: Store) -> None:
    """Let go of it, within its event loop."""
    store.close()
    await asyncio.sleep(0)
