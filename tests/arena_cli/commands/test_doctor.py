from __future__ import annotations

import socket

from tests.arena_cli.conftest import Inside
from tests.ports import free_port


def write(inside: Inside, gateway: int, registry: int) -> None:
    text = f"name: demo\ngateway: {{port: {gateway}}}\nregistry: {{port: {registry}}}\n"
    (inside.folder.path / "arena.yaml").write_text(text)


def test_every_check_has_a_verdict(inside: Inside) -> None:
    write(inside, free_port(), free_port())
    checks = (inside("doctor", "-o", "json")).json
    assert {check["verdict"] for check in checks} <= {"ok", "warn", "not_checked"}
    names = [check["name"] for check in checks]
    for name in ("python", "uvloop", "open files", "arena.yaml", "daemon", "state folder"):
        assert name in names


def test_a_failed_check_is_exit_code_1_and_says_what_to_do(inside: Inside) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        write(inside, taken.getsockname()[1], free_port())
        told = inside("doctor", code=1)
    assert "wanted by gateway, held by" in told.out and "→ stop that process" in told.out
    assert told.out.splitlines()[-1].startswith("1 failed")
