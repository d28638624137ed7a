"""Asking one instance for real."""

import http.server
import socket
import threading

from arena.model.address import Address
from arena.model.service import Probe
from arena.policy.threshold import Standing, Threshold
from arena.supervisor.checkup import HEALTH, Prober


class Fine(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *words):
        pass


def test_every_state_is_a_health():
    threshold = Threshold(retries=1)
    standing = Standing()
    seen = [HEALTH[standing.state]]
    for ok in (True, False):
        standing = threshold.judge(standing, ok)
        seen.append(HEALTH[standing.state])
    assert seen == ["starting", "healthy", "unhealthy"]


async def test_the_prober_asks_over_http_over_tcp_and_by_command(tmp_path):
    server = http.server.HTTPServer(("127.0.0.1", 0), Fine)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    prober = Prober()
    address = Address("127.0.0.1", server.server_port)
    for _ in range(2):
        assert (await prober(Probe(http="/health"), address, environment={}, directory="")).ok
    with socket.create_server(("127.0.0.1", 0)) as open_port:
        number = open_port.getsockname()[1]
        assert (await prober(Probe(tcp=number), address, environment={}, directory="")).ok
    assert not (await prober(Probe(tcp=number), address, environment={}, directory="")).ok
    server.shutdown()
    server.server_close()
    assert not (await prober(Probe(http="/health"), address, environment={}, directory="")).ok
    command = Probe(command=("sh", "-c", "test $X = 1 && pwd"))
    result = await prober(command, None, environment={"X": "1", "PATH": "/usr/bin:/bin"}, directory=str(tmp_path))
    assert result.ok
    assert str(tmp_path) in result.detail
    await prober.close()


async def test_closing_an_unused_prober():
    await Prober().close()
