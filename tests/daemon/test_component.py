from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from arena.daemon import component
from arena.model.address import Address
from arena.model.layout import StateLayout
from arena.model.project import GatewaySettings, Jwt, Project, RegistrySettings
from arena.model.route import Route
from arena.model.service import Service
from arena.model.workload import Workload
from arena.supervisor.reconcile import changes

WEB = Service("web", ("run",), directory="/p/web", replicas=2, routes=(Route("web", "web", "/web"),))
OUTSIDE = Service("outside", urls=(Address("127.0.0.1", 1),), routes=(Route("out", "outside", "/out"),))
PROJECT = Project("demo", "/p", services=(WEB, OUTSIDE))
LAYOUT = StateLayout.of("/p", "demo")


def workloads(project: Project = PROJECT) -> dict[str, Workload]:
    spec = component.gateway_spec(project, LAYOUT)
    return {workload.name: workload for workload in component.workloads(project, LAYOUT, spec)}


def test_what_runs_elsewhere_is_routed_to_but_not_started() -> None:
    assert list(workloads()) == ["registry", "gateway", "web"]
    spec = component.gateway_spec(PROJECT, LAYOUT)
    assert [route.name for route in spec.routes] == ["web", "out"]
    assert spec.services == ("web", "outside")


def test_the_secret_of_the_file_wins_over_the_made_one() -> None:
    own = replace(PROJECT, gateway=GatewaySettings(issuers=(Jwt(secret="from the file"),)))
    assert component.gateway_spec(own, LAYOUT).settings.issuers[0].secret == "from the file"
    assert component.gateway_spec(PROJECT, LAYOUT).settings.issuers[0].secret == ""
    assert component.gateway_spec(PROJECT, LAYOUT).token_keys_file == str(LAYOUT.token_keys)


def test_the_gateway_is_told_of_keys_only_where_they_are_accepted() -> None:
    assert component.gateway_spec(PROJECT, LAYOUT).keys_file == ""
    own = replace(PROJECT, gateway=GatewaySettings(api_keys=True))
    spec = component.gateway_spec(own, LAYOUT)
    assert spec.revoked_file == str(LAYOUT.tokens_revoked)
    assert (spec.keys_file, spec.keys_used_file) == (str(LAYOUT.api_keys), str(LAYOUT.api_keys_used))


def test_secrets_never_stand_on_a_command_line() -> None:
    own = replace(PROJECT, gateway=GatewaySettings(issuers=(Jwt(secret="x" * 40),)))
    assert not any("x" * 40 in word for workload in workloads(own).values() for word in workload.command)


def test_a_new_route_reloads_the_gateway_and_a_new_port_restarts_it() -> None:
    before = workloads()["gateway"]
    routed = replace(PROJECT, services=(replace(WEB, routes=()), OUTSIDE))
    moved = replace(PROJECT, gateway=GatewaySettings(port=1))
    assert workloads(routed)["gateway"].spec_hash == before.spec_hash
    assert workloads(routed)["gateway"].reload_hash != before.reload_hash
    assert workloads(moved)["gateway"].spec_hash != before.spec_hash


def test_a_service_learns_where_the_registry_is_unless_it_says_so_itself() -> None:
    there = replace(PROJECT, registry=RegistrySettings(port=7))
    assert workloads(there)["web"].environment["SERVICE_DISCOVERY_URL"] == "http://127.0.0.1:7"
    own = replace(there, services=(replace(WEB, environment={"SERVICE_DISCOVERY_URL": "http://x"}),))
    assert workloads(own)["web"].environment["SERVICE_DISCOVERY_URL"] == "http://x"


def test_a_folder_named_arena_does_not_shadow_ours(tmp_path: Path) -> None:
    (tmp_path / "arena").mkdir()
    (tmp_path / "arena" / "__init__.py").write_text("raise SystemExit('shadowed')")
    command = [*component.PYTHON[:-1], "-c", "import arena.errors"]
    subprocess.run(command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path)}, check=True)
    assert component.PYTHON[0] == sys.executable


def test_workers_share_the_gateways_port_and_have_one_of_their_own() -> None:
    settings = GatewaySettings(host="0.0.0.0", port=8123, workers=3)
    one, many = workloads()["gateway"], workloads(replace(PROJECT, gateway=settings))["gateway"]
    assert (one.port, one.shared, one.replicas) == (None, Address("127.0.0.1", 8000), 1)
    assert (many.host, many.port, many.shared, many.replicas) == ("127.0.0.1", None, Address("0.0.0.0", 8123), 3)
    more = replace(PROJECT, gateway=GatewaySettings(workers=2))
    assert workloads(more)["gateway"].spec_hash == one.spec_hash, "those that run are left alone"


def test_what_takes_a_restart_says_so_by_its_key() -> None:
    before = workloads()
    moved = workloads(replace(PROJECT, gateway=GatewaySettings(port=1), registry=RegistrySettings(ttl=20)))
    assert changes(before["gateway"], moved["gateway"]) == "gateway.port: 8000 → 1 takes a restart"
    assert changes(before["registry"], moved["registry"]) == "registry.ttl: 15s → 20s takes a restart"
    assert "port" in changes(replace(before["gateway"], keys={}, port=1), before["gateway"])
