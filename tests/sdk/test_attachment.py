"""The whole sdk in a real `uvicorn main:app`."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from arena import sdk
from arena.errors import ConfigError
from tests import plain
from tests.ports import free_port
from tests.sdk.conftest import Start, StubRegistry, eventually
from tests.sdk.kit import Daemon

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.mark.parametrize("path", ["/health", "/metrics"])
def test_an_app_with_such_a_route_of_its_own_is_refused(path: str) -> None:
    app = FastAPI()
    app.add_api_route(path, lambda: "mine")
    with pytest.raises(ConfigError, match=path):
        sdk.attach(app)


def get(url: str, **headers: str) -> httpx.Response:
    return plain.get(url, headers=headers, timeout=10)


def test_alone_it_serves_and_says_so_once(start: Start) -> None:
    service = start()
    health = get(f"{service.url}/health")
    assert health.status_code == 200
    assert health.json() == {
        "status": "healthy",
        "detail": "",
        "service": "demo",
        "instance": None,
        "version": "2.1.0",
        "registered": None,
    }
    service.stop()
    said = [line for line in service.lines if "running alone" in line["event"]]
    assert len(said) == 1
    assert "SERVICE_DISCOVERY_URL" in said[0]["event"]


def test_a_request_is_traced_logged_and_measured(start: Start) -> None:
    service = start(ARENA_SERVICE_NAME="named", ARENA_INSTANCE_ID="named-7")
    answer = get(f"{service.url}/items/4", traceparent=PARENT, **{"x-request-id": "req-9"})
    assert answer.json() == {"greeting": "hello"}  # the app's own lifespan state
    assert get(f"{service.url}/boom").status_code == 500
    assert get(f"{service.url}/nowhere").status_code == 404
    assert get(f"{service.url}/stream").text == "0;1;2;"
    metrics = get(f"{service.url}/metrics")
    assert metrics.headers["content-type"].startswith("text/plain; version=0.0.4")
    for series in (
        '{method="GET",route="/items/{item}",status="200"} 1.0',
        '{method="GET",route="/boom",status="500"} 1.0',
        '{method="GET",route="unmatched",status="404"} 1.0',
        '{method="GET",route="/stream",status="200"} 1.0',
    ):
        assert f"arena_service_requests_total{series}" in metrics.text
    service.stop()
    ours = [line for line in service.lines if line.get("request_id") == "req-9"]
    assert [line["event"] for line in ours][:2] == ["asked", "by stdlib 4"]
    assert ours[0]["item"] == "4"
    assert ours[2]["logger"] == "uvicorn.access"
    assert {line["trace_id"] for line in ours} == {"0af7651916cd43dd8448eb211c80319c"}
    assert {(line["service"], line["instance"]) for line in service.lines} == {("named", "named-7")}
    assert any("RuntimeError: boom" in line.get("exception", "") for line in service.lines)
    assert [line["event"] for line in service.lines if line["logger"] == "demo"][::3] == ["own startup", "own shutdown"]
    assert service.stderr == ""


def test_the_trace_goes_on_to_the_next_service(start: Start) -> None:
    service = start()
    sent = get(f"{service.url}/onward", traceparent=PARENT, authorization="Bearer s", **{"x-request-id": "r1"}).json()
    assert sent["traceparent"].split("-")[1] == "0af7651916cd43dd8448eb211c80319c"
    assert sent["traceparent"].split("-")[2] != "b7ad6b7169203331"
    assert sent["x-request-id"] == "r1"
    assert "authorization" not in sent


def test_health_says_what_the_service_says(start: Start) -> None:
    service = start()
    for status, http in (("degraded", 200), ("unhealthy", 503)):
        plain.post(f"{service.url}/say/{status}")
        health = get(f"{service.url}/health")
        assert (health.status_code, health.json()["status"], health.json()["detail"]) == (http, status, "because")
    plain.post(f"{service.url}/say/raise")
    assert get(f"{service.url}/health").status_code == 503
    service.stop()
    assert any("RuntimeError: no idea" in line.get("exception", "") for line in service.lines)


async def test_with_a_registry_it_is_known_as_long_as_it_lives(
    start: Start, registry: StubRegistry, tmp_path: Path
) -> None:
    port = free_port()
    daemon = Daemon(tmp_path / "demo.json", "demo")
    daemon.write(tokens={"registry": "secret-token"})
    async with registry.serving():
        service = await asyncio.to_thread(
            start,
            PORT=str(port),
            SERVICE_DISCOVERY_URL=registry.url,
            ARENA_SERVICE_NAME="demo",
            ARENA_INSTANCE_ID="demo-1",
            ARENA_IDENTITY_FILE=str(daemon.path),
        )
        await eventually(lambda: registry.count("PUT") >= 1)
        health = await asyncio.to_thread(get, f"{service.url}/health")
        assert health.json()["registered"] is True
        await asyncio.to_thread(service.stop)
    assert registry.payloads[0]["metadata"] == {"version": "2.1.0", "capabilities": ["echo"], "colour": "blue"}
    assert registry.payloads[0]["url"] == service.url
    assert registry.calls[-1] == ("DELETE", "/v1/services/demo/demo-1")
    assert service.stderr == ""
    assert "secret-token" not in (service.folder / "stdout").read_text()


@contextmanager
def real_registry(folder: Path, port: int, state: str) -> Iterator[None]:
    """`python -m arena.registry`, killed without mercy at the end."""
    options = ["--port", port, "--state", folder / state, "--identity-file", folder / "registry.identity", "--ttl", 1.5]
    command = [sys.executable, "-I", "-m", "arena.registry", *map(str, options)]
    with (folder / "registry.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.kill()
        process.wait()


async def test_the_real_registry_knows_it_and_after_losing_its_memory_knows_it_again(
    start: Start, tmp_path: Path
) -> None:
    port, hub = free_port(), free_port()
    theirs = Daemon(tmp_path / "registry.identity", "registry")
    theirs.write()
    daemon = Daemon(tmp_path / "demo.json", "demo")
    daemon.write(tokens={"registry": theirs.token("demo")})
    listing = f"http://127.0.0.1:{hub}/v1/services/demo"

    def known() -> bool:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", hub)) != 0:
                return False
        answer = get(listing)
        return answer.status_code == 200 and "demo-1" in answer.text

    with real_registry(tmp_path, hub, "one.json"):
        service = await asyncio.to_thread(
            start,
            PORT=str(port),
            SERVICE_DISCOVERY_URL=f"http://127.0.0.1:{hub}",
            ARENA_SERVICE_NAME="demo",
            ARENA_INSTANCE_ID="demo-1",
            ARENA_IDENTITY_FILE=str(daemon.path),
        )
        await eventually(known)
        assert '"colour":"blue"' in get(listing).text.replace(" ", "")
    with real_registry(tmp_path, hub, "two.json"):
        await eventually(known, 20)
        await asyncio.to_thread(service.stop)
        assert not known()


async def test_a_stranger_is_refused_by_the_real_server_too(start: Start, tmp_path: Path) -> None:
    """The handshake of a WebSocket as well: with the reason, not only with a closed door."""
    daemon = Daemon(tmp_path / "demo.json", "demo")
    daemon.write(allow_from=("worker",), open_paths=("/health", "/metrics"))
    service = await asyncio.to_thread(start, ARENA_IDENTITY_FILE=str(daemon.path))
    stranger = await asyncio.to_thread(get, f"{service.url}/items/4")
    assert (stranger.status_code, stranger.headers["content-type"]) == (401, "application/problem+json")
    worker = await asyncio.to_thread(get, f"{service.url}/items/4", **daemon.service("worker"))
    assert worker.status_code == 200
    url = service.url.replace("http:", "ws:") + "/nowhere"
    with pytest.raises(InvalidStatus) as refused:
        await connect(url, proxy=None)
    assert refused.value.response.status_code == 401
    assert b"allow_from" in refused.value.response.body
    with pytest.raises(InvalidStatus) as unknown:
        await connect(url, additional_headers=daemon.service("worker"), proxy=None)
    assert unknown.value.response.status_code in (403, 404)  # let in, and there is nothing
    await asyncio.to_thread(service.stop)
    assert service.stderr == ""
