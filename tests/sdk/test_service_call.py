"""sdk.service_call: another service, by its name."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import pytest

from arena import sdk
from arena.sdk import service_call
from arena.sdk.environment import DISCOVERY_URL, IDENTITY_FILE
from tests.ports import free_port
from tests.sdk.kit import Daemon

Reply = Callable[[str], tuple[int, bytes]]


@asynccontextmanager
async def server(reply: Reply, port: int = 0) -> AsyncIterator[str]:
    """An HTTP server that answers each head with `reply(head)`."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        status, body = reply(head)
        writer.write(b"HTTP/1.1 %d X\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % (status, len(body)) + body)
        await writer.drain()
        writer.close()

    running = await asyncio.start_server(serve, "127.0.0.1", port)
    try:
        yield f"http://127.0.0.1:{running.sockets[0].getsockname()[1]}"
    finally:
        running.close()
        await running.wait_closed()


def mirror(head: str) -> tuple[int, bytes]:
    return 200, head.encode()


class Registry:
    """Says what `instances` are; counts how often it is asked."""

    def __init__(self) -> None:
        self.instances: list[dict[str, str]] = []
        self.asked: list[str] = []
        self.status = 200

    def __call__(self, head: str) -> tuple[int, bytes]:
        self.asked.append(head)
        return self.status, json.dumps({"service": "db", "instances": self.instances}).encode()

    def add(self, url: str, health: str = "passing") -> None:
        self.instances.append({"url": url, "health": health})


@pytest.fixture
async def registry(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Registry]:
    made = Registry()
    async with server(made) as url:
        monkeypatch.setenv(DISCOVERY_URL, url)
        yield made


@pytest.fixture
def daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Daemon:
    """We are the service `web`."""
    daemon = Daemon(tmp_path / "web.json", "web")
    monkeypatch.setenv(IDENTITY_FILE, str(daemon.path))
    daemon.write()
    return daemon


@pytest.fixture
def stale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_call, "FRESH_SECONDS", 0.0)


async def heads(http: httpx.AsyncClient, times: int, path: str = "/x?a=1") -> list[str]:
    return [(await http.get(path)).text for _ in range(times)]


async def test_it_is_found_and_shown_who_we_are(registry: Registry, daemon: Daemon) -> None:
    daemon.write(tokens={"db": "our-token", "registry": "registry-token"})
    async with server(mirror) as one, sdk.client("db") as http:
        registry.add(one + "/base/")
        head = (await heads(http, 1))[0]
        again = await http.get("/y", headers={"x-own": "1"})
    assert head.startswith("GET /base/x?a=1 HTTP/1.1\r\n")
    assert f"host: {one.removeprefix('http://')}\r\n" in head.lower()
    assert "authorization: bearer our-token\r\n" in head.lower()
    assert "x-own: 1" in again.text
    assert len(registry.asked) == 1
    assert "GET /v1/services/db " in registry.asked[0] and "Bearer registry-token" in registry.asked[0]


async def test_a_renewed_token_is_shown_without_a_restart(registry: Registry, daemon: Daemon) -> None:
    daemon.write(tokens={"db": "first"})
    file = sdk.identity.of_process()
    assert file is not None
    async with server(mirror) as one, sdk.client("db") as http:
        registry.add(one)
        assert "Bearer first" in (await heads(http, 1))[0]
        daemon.write(tokens={"db": "second"})
        file.look()
        assert "Bearer second" in (await heads(http, 1))[0]


async def test_where_no_token_is_ours_none_is_shown(registry: Registry, daemon: Daemon) -> None:
    async with server(mirror) as one, sdk.client("db") as http:
        registry.add(one)
        assert "authorization" not in (await heads(http, 1))[0].lower()


async def test_an_unreadable_file_shows_nothing_and_says_so(
    registry: Registry, daemon: Daemon, caplog: pytest.LogCaptureFixture
) -> None:
    daemon.path.write_text("{")
    async with server(mirror) as one, sdk.client("db") as http:
        registry.add(one)
        assert "authorization" not in (await heads(http, 1))[0].lower()
    assert "calling without a token" in caplog.text


async def test_instances_take_turns_and_a_dead_one_is_passed_over(registry: Registry) -> None:
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(server(lambda _: (200, b"one")))
        two = await stack.enter_async_context(server(lambda _: (200, b"two")))
        http = await stack.enter_async_context(sdk.client("db"))
        for url in (one, f"http://127.0.0.1:{free_port()}", two):
            registry.add(url)
        answers = await heads(http, 12)
    assert (answers.count("one"), answers.count("two")) == (4, 8)


async def test_those_that_fail_their_checks_are_not_asked(registry: Registry, stale: None) -> None:
    async with (
        server(lambda _: (200, b"good")) as good,
        server(lambda _: (500, b"bad")) as bad,
        sdk.client("db") as http,
    ):
        registry.add(bad, "failing")
        with pytest.raises(httpx.ConnectError, match="no instance of db is registered"):
            await http.get("/")
        registry.add(good, "unknown")
        assert set(await heads(http, 4)) == {"good"}
        registry.instances[0]["health"], registry.instances[1]["health"] = "unknown", "passing"
        assert set(await heads(http, 4)) == {"good"}


async def test_while_the_registry_is_away_its_last_word_holds(registry: Registry, stale: None) -> None:
    async with server(mirror) as one, sdk.client("db") as http:
        registry.add(one)
        assert await heads(http, 1)
        for status in (500, 401):
            registry.status = status
            assert await heads(http, 1)
        registry.status = 404
        with pytest.raises(httpx.ConnectError):
            await http.get("/")


async def test_a_body_arrives_once(registry: Registry) -> None:
    seen: list[str] = []

    def note(head: str) -> tuple[int, bytes]:
        seen.append(head)
        return 200, b""

    async with server(note) as one, sdk.client("db") as http:
        for url in (f"http://127.0.0.1:{free_port()}", one):
            registry.add(url)
        assert (await http.post("/x", json={"a": 1})).status_code == 200
    assert len(seen) == 1 and "content-length: 7" in seen[0].lower()


async def test_alone_there_is_nobody_to_ask_and_the_app_still_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DISCOVERY_URL, raising=False)
    async with sdk.client("db") as http:
        with pytest.raises(httpx.ConnectError, match="SERVICE_DISCOVERY_URL is not set"):
            await http.get("/")


async def test_a_proxy_of_the_environment_does_not_come_between(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    async with server(mirror) as one, sdk.client("db") as http:
        registry.add(one)
        assert await heads(http, 1)


async def test_the_auth_alone_for_a_client_of_ones_own(daemon: Daemon) -> None:
    daemon.write(tokens={"db": "our-token"})
    async with server(mirror) as one, httpx.AsyncClient(auth=sdk.auth("db"), trust_env=False) as http:
        sdk.identity.of_process().look()  # type: ignore[union-attr]  # there is one
        assert "Bearer our-token" in (await http.get(one)).text
