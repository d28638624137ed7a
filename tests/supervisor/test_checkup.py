"""Asking again and again."""

import http.server
import threading

from arena import tasks
from arena.health.probe import ProbeResult
from arena.model.address import Address
from arena.model.service import Probe
from arena.supervisor.checkup import Prober, examine
from arena.testing.clock import ManualClock

PROBE = Probe(http="/", interval=5.0, retries=2, successes=2, start_period=10.0)


class Patient:
    def __init__(self, ok):
        self.ok = ok
        self.asked = 0

    async def ask(self):
        self.asked += 1
        return ProbeResult(self.ok, "fine" if self.ok else "ill")


def visit(*, ok):
    """(clock, patient, reports) of an examination under way, at its very beginning."""
    clock, patient, reports = ManualClock(), Patient(ok), []
    work = examine(PROBE, patient.ask, clock, lambda health, detail: reports.append(health))
    tasks.spawn(work, name="examination")
    return clock, patient, reports


async def test_until_it_is_well_for_the_first_time_it_is_asked_often():
    clock, patient, reports = visit(ok=False)
    await clock.advance(2.0)
    assert patient.asked >= 10
    assert set(reports) == {"starting"}
    patient.ok = True
    await clock.advance(0.3)
    assert reports[-1] == "healthy"
    before = patient.asked
    await clock.advance(5.0)
    assert patient.asked == before + 1, "and then at its interval"


async def test_failures_within_the_start_period_do_not_count_those_after_do():
    clock, _, reports = visit(ok=False)
    await clock.advance(9.9)
    assert set(reports) == {"starting"}
    await clock.advance(10.2)
    assert reports[-1] == "unhealthy"


async def test_one_failure_is_not_enough_and_one_success_neither():
    clock, patient, reports = visit(ok=True)
    await clock.advance(1.0)
    patient.ok = False
    await clock.advance(5.0)
    assert reports[-1] == "healthy"
    await clock.advance(5.0)
    assert reports[-1] == "unhealthy"
    patient.ok = True
    await clock.advance(5.0)
    assert reports[-1] == "unhealthy"
    await clock.advance(5.0)
    assert reports[-1] == "healthy"


class Fine(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *words):
        pass


async def test_the_prober_asks_over_http_and_by_command(tmp_path):
    server = http.server.HTTPServer(("127.0.0.1", 0), Fine)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    prober = Prober()
    address = Address("127.0.0.1", server.server_port)
    for _ in range(2):
        assert (await prober(Probe(http="/health"), address, environment={}, directory="")).ok
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
