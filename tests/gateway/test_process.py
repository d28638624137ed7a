"""gateway.process: `python -I -m arena.gateway` as it is run."""

from __future__ import annotations

import asyncio
import json
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from arena.errors import ConfigError
from arena.gateway.process import load_spec, max_connections
from arena.model import codec
from arena.model.gateway import GatewaySpec
from arena.model.project import GatewaySettings, Jwt, Timeouts
from arena.model.route import RateLimit, Route
from arena.model.snapshot import Snapshot
from arena.model.store import StoreAddress
from tests import valkey
from tests.gateway.kit import PATIENCE, SECRET, Client, Stub, Talk, eventually, get
from tests.ports import free_port


class Process:
    """A gateway process with its files."""

    def __init__(self, folder: Path, port: int) -> None:
        self.file = folder / "gateway.json"
        self.snapshot = folder / "snapshot.json"
        self.log = folder / "access.log"
        self.errors = folder / "errors.log"
        self.port = port
        settings = GatewaySettings(port=port, issuers=(Jwt(SECRET),), timeouts=Timeouts(drain=5.0))
        self.spec = GatewaySpec(
            "test", settings, (Route("web", "web", "/web", auth="none"),), snapshot_file=str(self.snapshot)
        )
        self.child: subprocess.Popen[bytes] | None = None
        self.clients: list[Client] = []

    def write(self, spec: GatewaySpec) -> None:
        self.spec = spec
        self.file.write_text(json.dumps(codec.encode(spec)))

    def start(self, inherit: tuple[int, ...] = ()) -> None:
        with self.log.open("ab") as out, self.errors.open("ab") as err:
            command = [sys.executable, "-I", "-m", "arena.gateway", str(self.file)]
            self.child = subprocess.Popen(command, stdout=out, stderr=err, pass_fds=inherit)

    async def connect(self) -> Client:
        while True:
            assert self.child is not None
            assert self.child.poll() is None, self.errors.read_text()
            try:
                self.clients.append(Client(*await asyncio.open_connection("127.0.0.1", self.port)))
                return self.clients[-1]
            except ConnectionRefusedError:
                await asyncio.sleep(0.02)

    def signal(self, number: int) -> None:
        assert self.child is not None
        self.child.send_signal(number)

    async def ended(self) -> int:
        assert self.child is not None
        return await asyncio.wait_for(asyncio.to_thread(self.child.wait), PATIENCE + 5)

    def kill(self) -> None:
        if self.child is not None and self.child.poll() is None:
            self.child.kill()
        if self.child is not None:
            self.child.wait()


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    one = Process(tmp_path, free_port())
    one.write(one.spec)
    yield one
    one.kill()


@pytest.fixture
async def running(process: Process, stub: Stub) -> AsyncIterator[Process]:
    """Started with a kept snapshot and no registry."""
    process.snapshot.write_text(json.dumps(codec.encode(Snapshot(3, "e", (stub.endpoint(),)))))
    process.start()
    yield process
    for client in process.clients:
        client.leave()
    await asyncio.sleep(0)


async def test_it_serves_from_the_kept_snapshot_while_the_registry_is_away(running: Process, stub: Stub) -> None:
    client = await running.connect()
    assert (await client.ask(get("/web/x"))).body == b"hello"
    health = (await client.ask(get("/health"))).json
    assert health["snapshot"] == {"version": 3, "epoch": "e", "age_seconds": None, "stale": False, "source": "file"}
    client.leave()
    await eventually(lambda: "/web/x" in running.log.read_text(), "the access log is written")
    line = json.loads(running.log.read_text().splitlines()[0])
    assert (line["status"], line["service"]) == (200, "web")


async def test_sighup_reads_the_file_again_and_a_broken_one_changes_nothing(running: Process) -> None:
    client = await running.connect()
    assert (await client.ask(get("/other"))).status == 404
    running.write(replace(running.spec, routes=(Route("other", "web", "/other", auth="none"),)))
    running.signal(signal.SIGHUP)
    await eventually(lambda: "reloaded: 1 routes" in running.errors.read_text())
    assert (await client.ask(get("/other"))).status == 200
    for broken in (
        "{",
        json.dumps({"project": "x"}),
        json.dumps(codec.encode(replace(running.spec, settings=GatewaySettings()))),
    ):
        before = running.errors.read_text().count("not reloaded")
        running.file.write_text(broken)
        running.signal(signal.SIGHUP)
        await eventually(lambda before=before: running.errors.read_text().count("not reloaded") > before)  # type: ignore[misc]
        assert (await client.ask(get("/other"))).status == 200
    client.leave()
    assert all(json.loads(line)["message"] for line in running.errors.read_text().splitlines())


async def test_sigterm_cuts_nothing_in_flight_and_exits_0(running: Process, stub: Stub) -> None:
    go = asyncio.Event()

    async def slow(talk: Talk) -> None:
        await talk.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
        await go.wait()
        await talk.send(b"world")

    stub.answer = slow
    client = await running.connect()
    await client.send(get("/web"))
    await client.reader.readuntil(b"hello")
    running.signal(signal.SIGTERM)
    await eventually(lambda: "draining" in running.errors.read_text())
    go.set()
    assert await client.rest() == b"world"
    assert await running.ended() == 0
    assert json.loads(running.log.read_text().splitlines()[-1])["outcome"] == "served"


async def test_an_idle_gateway_ends_at_once(running: Process) -> None:
    client = await running.connect()
    client.leave()
    running.signal(signal.SIGINT)
    assert await running.ended() == 0


async def test_a_taken_port_is_said_and_exits_1(process: Process) -> None:
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", process.port))
        holder.listen()
        process.start()
        assert await process.ended() == 1
    assert f"port {process.port}" in process.errors.read_text()


async def test_a_file_that_cannot_be_used_exits_3(process: Process) -> None:
    for content in ("{", json.dumps(codec.encode(replace(process.spec, settings=GatewaySettings())))):
        process.file.write_text(content)
        process.start()
        assert await process.ended() == 3
    lines = [json.loads(line) for line in process.errors.read_text().splitlines()]
    assert [line["level"] for line in lines] == ["error", "error"]


def maps(pid: int) -> str:
    """The files a process has mapped, its extension modules among them."""
    return Path(f"/proc/{pid}/maps").read_text()


async def test_it_stays_small(running: Process) -> None:
    client = await running.connect()
    await client.ask(get("/web"))
    text = (await client.ask(get("/metrics"))).body.decode()
    client.leave()
    (line,) = (one for one in text.splitlines() if one.startswith("process_resident_memory_bytes "))
    assert int(line.split()[1]) < 80_000_000
    assert running.child is not None
    assert "pydantic" not in maps(running.child.pid)


def test_a_missing_file_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"missing\.json"):
        load_spec(tmp_path / "missing.json")


INFINITY = resource.RLIM_INFINITY


@pytest.mark.parametrize(
    ("soft", "hard", "raised", "cap"),
    [
        (1024, 20_064, 20_064, 10_000),
        (20_064, 20_064, None, 10_000),
        (64, 64, None, 16),
        (1024, INFINITY, 1_000_000, 499_968),
        (INFINITY, INFINITY, None, 499_968),
    ],
)
def test_half_of_the_files_are_for_clients(
    soft: int, hard: int, raised: int | None, cap: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: asked.append(limits))
    assert max_connections() == cap
    assert asked == ([] if raised is None else [(raised, hard)])


def test_a_limit_that_cannot_be_raised_is_lived_with(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise ValueError("not allowed")

    monkeypatch.setattr(resource, "getrlimit", lambda _: (1064, INFINITY))
    monkeypatch.setattr(resource, "setrlimit", refuse)
    assert max_connections() == 500
    assert "open files stay at 1064: not allowed" in caplog.text


async def test_the_cap_is_that_of_the_hard_limit_and_is_told(process: Process) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, hard))
    try:
        process.start()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    cap = max_connections()
    client = await process.connect()
    assert (await client.ask(get("/health"))).json["max_connections"] == cap
    assert f"arena_gateway_max_connections {cap}" in (await client.ask(get("/metrics"))).body.decode()
    assert f"at most {cap} client connections" in process.errors.read_text()
    client.leave()


async def test_a_worker_answers_at_an_inherited_socket_and_with_its_pages_alone_at_a_port_of_its_own(
    process: Process, stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, shared = free_port(), process.port
    process.snapshot.write_text(json.dumps(codec.encode(Snapshot(3, "e", (stub.endpoint(),)))))
    monkeypatch.setenv("PORT", str(own))
    monkeypatch.setenv("ARENA_INSTANCE_ID", "gateway-7")
    with socket.create_server(("127.0.0.1", shared)) as kept:
        monkeypatch.setenv("ARENA_LISTEN_FDS", str(kept.fileno()))
        process.start((kept.fileno(),))
        for port, status in ((own, 404), (shared, 200)):
            process.port = port
            client = await process.connect()
            health = (await client.ask(get("/health"))).json
            assert (health["worker"], health["requests_in_flight"], health["connections"]) == ("gateway-7", 0, 0)
            page = (await client.ask(get("/metrics"))).body.decode()
            assert 'arena_gateway_worker_info{worker="gateway-7"} 1' in page
            assert (await client.ask(get("/web"))).status == status
            client.leave()


async def test_a_worker_that_dies_keeps_nobody_from_connecting(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", process.port)) as kept:
        monkeypatch.setenv("ARENA_LISTEN_FDS", str(kept.fileno()))
        process.start((kept.fileno(),))
        (await process.connect()).leave()
        process.kill()
        client = Client(*await asyncio.open_connection("127.0.0.1", process.port))
        await client.send(get("/health"))
        process.start((kept.fileno(),))
        assert (await client.reply()).status == 200
        client.leave()


async def test_the_first_request_of_all_is_counted_in_the_store(process: Process) -> None:
    with valkey.running() as server:
        strict = RateLimit(10 / 3600, 10, "ip", on_store_error="deny")
        settings = replace(process.spec.settings, rate_limits=(strict,))
        process.write(replace(process.spec, settings=settings, store=server.address))
        process.start()
        client = await process.connect()
        reply = await client.ask(get("/web"))
        reply.problem(503, "unavailable")  # of the service: the limit let it pass
        assert "r=9" in (reply.header("ratelimit") or "")
        await left(client)


async def test_a_store_that_is_not_there_holds_nobody_up(process: Process, tmp_path: Path) -> None:
    process.write(replace(process.spec, store=StoreAddress(path=str(tmp_path / "nowhere"))))
    process.start()
    client = await process.connect()
    assert (await client.ask(get("/web"))).status == 503
    await left(client)


async def left(client: Client) -> None:
    client.leave()
    await asyncio.sleep(0)
