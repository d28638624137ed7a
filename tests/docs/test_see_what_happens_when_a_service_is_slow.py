"""docs/how-to/see-what-happens-when-a-service-is-slow.md, tried under traffic."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import httpx
import psutil

from tests import plain
from tests.docs.conftest import Try
from tests.e2e.conftest import Sandbox, poll

SERVICES = """
  shop:
    command: python echo_service.py
    healthcheck: {http: /health, interval: 1s}
    deploy: {replicas: 2}
    routes: [{path: /shop, strip_path: true, auth: none, first_byte_timeout: 3s}]
"""


@contextmanager
def traffic(sandbox: Sandbox) -> Iterator[list[httpx.Response]]:
    """Requests, one after the other, as long as the block lasts."""
    seen: list[httpx.Response] = []
    stop = Event()

    def ask() -> None:
        with httpx.Client(base_url=f"http://127.0.0.1:{sandbox.port}", timeout=20) as client:
            while not stop.is_set():
                seen.append(client.get("/shop/hello"))
                time.sleep(0.02)

    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(ask)
        try:
            yield seen
        finally:
            stop.set()
            asking.result()


def test_the_page(sandbox: Sandbox, how_to: Try) -> None:
    sandbox.write(SERVICES)
    sandbox.arena("up", "-d")
    page = how_to("see-what-happens-when-a-service-is-slow", {"500ms": "100ms", "30s": "2s", "10s": "4s"})
    with traffic(sandbox) as seen:
        told = page.run(0)
    slow = [reply for reply in seen if reply.headers.get("x-arena-fault") == "delay"]
    assert 0 < len(slow) < len(seen), told
    assert min(reply.elapsed.total_seconds() for reply in slow) >= 0.09
    assert "0 of them answered with 5xx" in told and "met a fault on purpose" in told
    with traffic(sandbox) as seen:
        told = page.run(1)
    failed = [reply for reply in seen if reply.status_code == 503]
    assert failed and all(reply.headers["x-arena-fault"] == "abort" for reply in failed), told
    with traffic(sandbox) as seen:
        told = page.run(2)
    assert "was there again after" in told
    assert [reply.status_code for reply in seen].count(200) > 20
    assert "x-arena-fault" not in plain.get(f"http://127.0.0.1:{sandbox.port}/shop").headers


def test_a_command_that_is_killed_leaves_nothing_wrong(sandbox: Sandbox) -> None:
    sandbox.write(SERVICES)
    sandbox.arena("up", "-d")
    words = ("chaos", "shop/shop-1", "--pause", "--for", "60s", "--yes")
    command = subprocess.Popen((sys.executable, "-m", "arena_cli", *words), cwd=sandbox.directory)
    instance = psutil.Process(sandbox.rows()["shop-1"]["pid"])
    assert poll(instance.status, lambda status: status == psutil.STATUS_STOPPED) == psutil.STATUS_STOPPED
    command.send_signal(signal.SIGKILL)
    command.wait()
    assert poll(instance.status, lambda status: status != psutil.STATUS_STOPPED) != psutil.STATUS_STOPPED


def test_ctrl_c_ends_it_early_and_it_still_reports(sandbox: Sandbox) -> None:
    sandbox.write(SERVICES)
    sandbox.arena("up", "-d")
    words = ("chaos", "shop", "--abort", "503", "--for", "60s", "--yes")
    command = subprocess.Popen(
        (sys.executable, "-m", "arena_cli", *words), cwd=sandbox.directory, stdout=subprocess.PIPE, text=True
    )

    def status() -> int:
        return plain.get(f"http://127.0.0.1:{sandbox.port}/shop").status_code

    assert poll(status, lambda code: code == 503) == 503
    command.send_signal(signal.SIGINT)
    told, _ = command.communicate(timeout=20)
    assert command.returncode == 130
    assert "put right after" in told
    assert poll(status, lambda code: code == 200) == 200
