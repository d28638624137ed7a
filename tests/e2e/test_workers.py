"""`gateway.workers`: several processes at one port, counting together, each replaceable."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import ExitStack

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.sync.server import ServerConnection, serve

from tests import plain
from tests.e2e.conftest import Sandbox, poll
from tests.e2e.load import Load
from tests.ports import free_port

WEB = """
  web:
    command: python echo_service.py
    healthcheck: {http: /health, interval: 1s}
    routes: [{path: /web, strip_path: true, auth: none}]
"""
GATEWAY = "  workers: 2\n  rate_limits: [{rate: 500/h, algorithm: fixed_window, by: route, name: all}]"


def test_workers_share_port_and_counts_and_one_that_is_killed_is_back(sandbox: Sandbox) -> None:
    sandbox.write(WEB, gateway=GATEWAY)
    sandbox.arena("up", "-d")
    workers = {name: row for name, row in sandbox.rows().items() if row["kind"] == "gateway"}
    assert sorted(workers) == ["gateway-1", "gateway-2"]
    base = f"http://127.0.0.1:{sandbox.port}"
    answered = {plain.get(f"{base}/health").json()["worker"] for _ in range(40)}
    assert answered == {"gateway-1", "gateway-2"}
    for name, row in workers.items():
        assert plain.get(f"http://{row['endpoint']}/health").json()["worker"] == name

    with httpx.Client(base_url=base) as client:
        survivor = client.get("/health").json()["worker"]
        (victim,) = workers.keys() - {survivor}
        os.kill(workers[victim]["pid"], signal.SIGKILL)
        killed_at = time.monotonic()
        # Whoever is connected to the other notices nothing, and new connections are dealt to those who live.
        assert [client.get("/web/").status_code for _ in range(30)] == [200] * 30
        assert [plain.get(f"{base}/web/").status_code for _ in range(20)] == [200] * 20
        # The address is the same, because the registry and scrapers may know it.
        back = poll(lambda: _worker(f"http://{workers[victim]['endpoint']}"), lambda worker: worker == victim)
        assert back == victim
        print(f"{victim} was back {time.monotonic() - killed_at:.1f} s after it was killed")

    window = plain.get(f"{base}/web/").headers["ratelimit"]
    left = int(window.partition(";r=")[2].partition(";")[0])
    statuses = [plain.get(f"{base}/web/").status_code for _ in range(30)]
    assert statuses == [200] * 30
    assert f";r={left - 31};" in plain.get(f"{base}/web/").headers["ratelimit"]


SERVED = """
  web:
    command: python echo_service.py
    healthcheck: {http: /health, interval: 1s}
    routes: [{path: /web, strip_path: true, auth: none}]
"""


def test_no_client_notices_that_gateways_are_replaced(sandbox: Sandbox) -> None:
    sandbox.write(SERVED)
    sandbox.arena("up", "-d")
    pids = {name: row["pid"] for name, row in sandbox.rows().items()}
    with Load(sandbox.port) as load:
        sandbox.arena("restart", "gateway")
        sandbox.write(SERVED, gateway="  workers: 2")
        assert "restart" not in _planned(sandbox), "the worker that runs is left alone"
        sandbox.arena("up", "-d")
        sandbox.arena("restart", "gateway")
        sandbox.write(SERVED, gateway="  workers: 1")
        sandbox.arena("up", "-d")
        os.kill(sandbox.daemon_pid(), signal.SIGKILL)
        sandbox.arena("up", "-d")
        sandbox.arena("restart", "gateway")  # by a daemon that does not hold the socket
    rows = sandbox.rows()
    assert load.outcomes["200"] > 200 and load.failed == 0, load.outcomes
    assert rows["gateway-1"]["pid"] != pids["gateway-1"]
    assert rows["gateway-1"]["endpoint"] == f"127.0.0.1:{sandbox.port}"
    assert "gateway-2" not in rows


def test_a_gateway_that_is_killed_refuses_nobody(sandbox: Sandbox) -> None:
    """Only what it was busy with is lost: whoever connects meanwhile waits."""
    sandbox.write(SERVED)
    sandbox.arena("up", "-d")
    os.kill(sandbox.rows()["gateway-1"]["pid"], signal.SIGKILL)
    assert [plain.get(f"http://127.0.0.1:{sandbox.port}/web/", timeout=10).status_code for _ in range(3)] == [200] * 3


def test_a_move_names_its_key_and_takes_nobody_down(sandbox: Sandbox) -> None:
    sandbox.write(SERVED)
    sandbox.arena("up", "-d")
    before, sandbox.port = sandbox.port, free_port()
    sandbox.write(SERVED)
    assert f"gateway-1  (gateway.port: {before} → {sandbox.port} takes a restart)" in _planned(sandbox)
    sandbox.arena("up", "-d")
    assert plain.get(f"http://127.0.0.1:{sandbox.port}/web/").status_code == 200
    poll(lambda: _worker(f"http://127.0.0.1:{before}"), lambda worker: not worker)
    assert _worker(f"http://127.0.0.1:{before}") == ""


def test_a_websocket_has_its_promised_time_when_gateways_are_replaced_and_no_more(sandbox: Sandbox) -> None:
    with serve(_echo, "127.0.0.1", 0) as server, ExitStack() as stack:
        threading.Thread(target=server.serve_forever).start()
        stack.callback(server.shutdown)
        outside = f"  chat:\n    url: http://127.0.0.1:{server.socket.getsockname()[1]}\n"
        outside += "    routes: [{path: /chat, upgrade: websocket, auth: none}]\n"
        sandbox.write(outside, gateway="  workers: 2\n  timeouts: {drain: 60s, tunnel_drain: 7s}")
        sandbox.arena("up", "-d", "chat")
        chats = [_Chat(sandbox, stack) for _ in range(6)]
        began = time.monotonic()
        sandbox.arena("restart", "gateway")
        os.kill(sandbox.daemon_pid(), signal.SIGKILL)
        sandbox.arena("ps")  # a new daemon takes over, those too who have a successor
        last = _Chat(sandbox, stack)
        for chat in chats:
            assert began + 7.0 <= chat.over() < time.monotonic() + 20.0
        began = time.monotonic()
        sandbox.arena("down")
        assert began + 7.0 <= last.over() < began + 30.0, "nobody waits for a chat as long as for a request"


class _Chat:
    """A WebSocket through the gateway on which both sides say a word now and again."""

    def __init__(self, sandbox: Sandbox, stack: ExitStack) -> None:
        self._connection = stack.enter_context(connect(f"ws://127.0.0.1:{sandbox.port}/chat", proxy=None))
        self._ended = 0.0
        self._thread = threading.Thread(target=self._talk)
        self._thread.start()

    def over(self) -> float:
        """When it ended (monotonic seconds)."""
        self._thread.join(60)
        assert self._ended
        return self._ended

    def _talk(self) -> None:
        try:
            while True:
                self._connection.send("word")
                assert self._connection.recv(timeout=10) == "word"
                time.sleep(0.2)
        except ConnectionClosed:
            self._ended = time.monotonic()


def _echo(connection: ServerConnection) -> None:
    for message in connection:
        connection.send(message)


def _planned(sandbox: Sandbox) -> str:
    return sandbox.arena("up", "--dry-run").stdout


def _worker(url: str) -> str:
    try:
        return str(plain.get(f"{url}/health").json()["worker"])
    except httpx.TransportError:
        return ""
