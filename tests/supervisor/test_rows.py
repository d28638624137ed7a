"""Rows of `arena ps`."""

from dataclasses import replace

from arena.model.address import Address
from arena.supervisor.backends.base import Handle, Usage
from arena.supervisor.instance import Instance
from arena.supervisor.rows import rows

from .conftest import workload

HANDLE = Handle(12, "tick", "run")
WEB = Instance(
    workload("web"), 1, "running", "healthy", Address("127.0.0.1", 20001), HANDLE, started_at=90.0, restarts=2
)


def test_a_running_one():
    (row,) = rows([WEB], {HANDLE: Usage(1.5, 1000)}, 100.04)
    assert (row.service, row.kind, row.instance, row.status, row.health) == (
        "web",
        "service",
        "web-1",
        "running",
        "healthy",
    )
    assert (row.pid, row.endpoint, row.restarts, row.runtime) == (12, "127.0.0.1:20001", 2, "process")
    assert (row.uptime_s, row.cpu_percent, row.rss_bytes) == (10.0, 1.5, 1000)


def test_one_that_does_not_run_takes_nothing():
    (row,) = rows([replace(WEB, status="failed", handle=None)], {}, 100.0)
    assert (row.pid, row.uptime_s, row.cpu_percent, row.rss_bytes) == (None, None, None, None)
