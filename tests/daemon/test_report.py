from __future__ import annotations

from dataclasses import replace

from arena.daemon import report
from arena.model.address import Address
from arena.model.service import Probe, Service
from arena.model.snapshot import Endpoint, Snapshot
from arena.model.workload import Workload
from arena.supervisor.instance import Instance

ADDRESSES = (Address("127.0.0.1", 1), Address("127.0.0.1", 2))
OUTSIDE = Service("out", urls=ADDRESSES, probe=Probe("/health"))


def test_what_runs_elsewhere_is_as_healthy_as_the_registry_says() -> None:
    seen = report.outside((OUTSIDE,), Snapshot(1, "e", (Endpoint("out", "out-1", ADDRESSES[0], "failing"),)))
    rows = report.external_rows(seen)
    assert [(row.instance, row.status, row.health, row.runtime) for row in rows] == [
        ("out-1", "external", "unhealthy", "external"),
        ("out-2", "external", "starting", "external"),
    ]


def test_nothing_is_claimed_while_the_registry_is_away_or_nobody_probes() -> None:
    (first, _) = report.external_health(report.outside((OUTSIDE,), None))
    assert (first.health, first.detail) == ("none", "not known: the registry does not answer")
    unprobed = Service("out", urls=ADDRESSES[:1])
    known = Snapshot(1, "e", (Endpoint("out", "out-1", ADDRESSES[0], "unknown"),))
    (only,) = report.external_health(report.outside((unprobed,), known))
    assert (only.health, only.detail) == ("none", "not probed: it has no healthcheck")
    (unknown,) = report.external_health(report.outside((unprobed,), Snapshot()))
    assert (unknown.health, unknown.detail, unknown.reachable) == ("starting", "not registered yet", True)


def test_a_refused_registration_is_told_and_nothing_is_claimed_of_its_health() -> None:
    told = Snapshot(1, "e", (Endpoint("out", "out-2", ADDRESSES[1], "passing"),))
    first, second = report.outside((OUTSIDE,), told, {"out-1": "403 not yours"})
    row, other = report.external_health((first, second))
    assert (row.health, row.detail) == ("none", "not registered, so no request reaches it: 403 not yours")
    assert (row.reachable, first.ready, other.reachable, second.ready) == (False, False, True, True)
    assert str(second) == "out-2 (healthy: the registry's probe says passing)"


def test_what_nobody_probes_is_ready_once_it_is_registered() -> None:
    unprobed = Service("out", urls=ADDRESSES[:1])
    assert not report.outside((unprobed,), Snapshot())[0].ready
    seen = report.outside((unprobed,), Snapshot(1, "e", (Endpoint("out", "out-1", ADDRESSES[0], "unknown"),)))
    assert seen[0].ready
    assert [(part.instance, part.status, part.health) for part in report.external_parts(seen)] == [
        ("out-1", "external", "none")
    ]


def test_a_health_row_tells_why() -> None:
    web = Instance(Workload("web", "service", ("run",), "/p"), 1, "failed", detail="exit code 1", health_detail="ok")
    assert report.health_row(web).detail == "exit code 1"
    assert report.health_row(web, "401").detail == "exit code 1; not registered, so no request reaches it: 401"
    assert report.health_row(replace(web, detail=""), "401").detail == "not registered, so no request reaches it: 401"
    assert report.health_row(replace(web, detail=""), open_door="not enforced").detail == "not enforced"
