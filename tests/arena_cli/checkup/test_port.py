from __future__ import annotations

import os
import socket

from arena.model.address import Address
from arena.model.project import GatewaySettings, Project, RegistrySettings
from arena.model.service import Service
from arena_cli.checkup.port import Wanted, check, wanted
from tests.ports import free_port


def test_only_fixed_ports_of_what_is_started_here_are_wanted() -> None:
    project = Project(
        "demo",
        "/x",
        gateway=GatewaySettings(port=8000),
        registry=RegistrySettings(port=8500),
        services=(
            Service("fixed", command=("x",), port=9001),
            Service("free", command=("x",)),
            Service("outside", urls=(Address("127.0.0.1", 9101),), port=9101),
        ),
    )
    assert [(want.part, want.port) for want in wanted(project)] == [
        ("gateway", 8000),
        ("registry", 8500),
        ("fixed", 9001),
    ]


def test_a_free_port() -> None:
    assert check(Wanted("gateway", "127.0.0.1", free_port()), {}).verdict == "ok"


def test_a_taken_port_names_its_holder() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        found = check(Wanted("gateway", "127.0.0.1", taken.getsockname()[1]), {})
    assert found.verdict == "fail" and f"(pid {os.getpid()})" in found.detail and found.remedy


def test_a_port_we_hold_ourselves_is_fine() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        found = check(Wanted("gateway", "127.0.0.1", taken.getsockname()[1]), {os.getpid(): "gateway-1"})
    assert found.verdict == "ok" and "gateway-1" in found.detail


def test_a_host_that_is_not_here() -> None:
    found = check(Wanted("gateway", "192.0.2.1", 0), {})  # RFC 5737: an address for documentation, never ours
    assert found.verdict == "fail" and "192.0.2.1" in found.detail
