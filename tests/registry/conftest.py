"""Real registry processes on free ports, and a stub service whose health a test can change."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from arena.model.address import Address
from arena.registry.client import RegistryClient
from tests.sdk.kit import Daemon


class RegistryProcess:
    """A registry that can be killed and started again with what its folder keeps."""

    def __init__(self, folder: Path, ttl: float) -> None:
        self.folder = folder
        self.ttl = ttl
        self.port = 0
        self.daemon = Daemon(folder / "identity.json", "registry")
        self.daemon.write()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def state(self) -> Path:
        return self.folder / "registry.json"

    def command(self) -> list[str]:
        options = {"--port": self.port, "--state": self.state, "--ttl": self.ttl}
        options["--identity-file"] = self.daemon.path
        return [sys.executable, "-I", "-m", "arena.registry", *(str(word) for pair in options.items() for word in pair)]

    def start(self) -> None:
        """Start, and return when it listens; a second start takes the same port."""
        with (self.folder / "log").open("ab") as log:
            log.truncate(0)
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=subprocess.STDOUT, cwd=self.folder)
        deadline = time.monotonic() + 30
        while not (listening := self.events("listening")):
            assert self.process.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.01)
        self.port = listening[0]["port"]

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait; the exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(timeout=10)

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def events(self, name: str) -> list[dict[str, object]]:
        lines = [json.loads(line) for line in self.log().splitlines(keepends=True) if line.endswith("\n")]
        return [line for line in lines if line["event"] == name]

    def client(self, service: str = "") -> RegistryClient:
        """With the tokens of `service`, or the daemon's."""
        return RegistryClient(self.url, partial(self.daemon.token, service) if service else self.daemon.own)


@pytest.fixture(scope="session")
def make_registry(tmp_path_factory) -> Iterator[Callable[..., RegistryProcess]]:
    """Starts registries: make_registry(ttl=15.0); all are gone at the end of the session."""
    made: list[RegistryProcess] = []

    def make(ttl: float = 15.0) -> RegistryProcess:
        registry = RegistryProcess(tmp_path_factory.mktemp("registry"), ttl)
        made.append(registry)
        registry.start()
        return registry

    yield make
    for registry in made:
        if registry.process is not None and registry.process.poll() is None:
            registry.stop(signal.SIGKILL)


@pytest.fixture(scope="session")
def shared(make_registry) -> RegistryProcess:
    """One registry for every test that needs no particular one; each uses service names of its own."""
    return make_registry()


class StubService:
    """Answers every request with `status`."""

    def __init__(self) -> None:
        self.status = 200
        self.address = Address("127.0.0.1", 0)
        self._server: asyncio.Server | None = None

    def payload(self, name: str, **more: object) -> dict[str, object]:
        """A registration with a brisk check."""
        check = {"interval_s": 0.1, "timeout_s": 1, "retries": 2, "successes": 2}
        url = self.address.url
        return {"service_name": name, "url": url, "health_url": f"{url}/health", "check": check, **more}

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.address.port)
        self.address = Address("127.0.0.1", self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(f"HTTP/1.1 {self.status} X\r\ncontent-length: 0\r\n\r\n".encode())
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the prober left
        finally:
            writer.close()


@pytest.fixture
async def stub() -> AsyncIterator[StubService]:
    """A StubService that listens."""
    service = StubService()
    await service.start()
    yield service
    await service.stop()
