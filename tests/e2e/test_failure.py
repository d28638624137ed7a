"""What a person gets when something is wrong: where, why, what to do, and the promised exit code."""

from __future__ import annotations

import os
import socket
from contextlib import closing

import pytest

from tests.e2e.conftest import Sandbox, poll
from tests.ports import free_port

OK = "  web:\n    command: python echo_service.py\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("services: [", "arena.yaml:"),
        ("services:\n  web:\n    comand: x\n", "did you mean"),
        ("services:\n  web:\n    command: x\n    deploy: {replicas: many}\n", "services.web.deploy.replicas"),
        ("services:\n  web: {}\n", "command"),
        ("services:\n  a: {command: x, depends_on: [b]}\n  b: {command: x, depends_on: [a]}\n", "a → b → a"),
        ("services:\n  a: {command: x, ports: ['1:1']}\n  b: {command: x, ports: ['1:1']}\n", "port"),
        ("gateway: {auth: {jwt: {secret: short}}}\n", "32"),
    ],
)
def test_a_broken_file_is_shown_with_line_and_caret(sandbox: Sandbox, text: str, expected: str) -> None:
    (sandbox.directory / "arena.yaml").write_text(text)
    told = sandbox.arena("up", "-d", code=3).stderr
    assert expected in told and "arena.yaml:" in told and "^" in told
    assert sandbox.processes() == []


def test_no_file_at_all(sandbox: Sandbox) -> None:
    assert "arena init" in sandbox.arena("up", "-d", code=3).stderr


def test_a_service_that_exits_at_once_shows_its_last_lines_and_its_log(sandbox: Sandbox) -> None:
    sandbox.write(
        "  bad:\n    command: python -c \"import sys; print('my last words'); sys.exit(4)\"\n    restart: 'no'\n"
    )
    told = sandbox.arena("up", "-d", code=18).stderr
    assert "bad-1" in told and "my last words" in told and ".arena/demo/logs/bad-1" in told.replace("\n", "")
    assert sandbox.rows()["bad-1"]["status"] == "failed"


def test_a_service_that_keeps_exiting_fails_the_start_before_the_timeout(sandbox: Sandbox) -> None:
    sandbox.write("  bad:\n    command: python -c \"import sys; sys.exit('no database')\"\n")
    told = sandbox.arena("up", "-d", "--wait-timeout", "30", code=18, timeout=29).stderr
    assert told.count("no database") == 1  # the lines of the last run, not of all


def test_a_binary_that_does_not_exist(sandbox: Sandbox) -> None:
    sandbox.write("  bad:\n    command: no-such-binary --now\n" + OK)
    told = sandbox.arena("up", "-d", code=18).stderr
    assert "no-such-binary" in told
    assert sandbox.rows()["web-1"]["status"] == "running"  # the others go on


def test_a_health_url_that_never_answers_is_a_timeout_that_names_it(sandbox: Sandbox) -> None:
    sandbox.write("  mute:\n    command: sleep 60\n    healthcheck: {http: /health, interval: 1s}\n")
    told = sandbox.arena("up", "-d", "--wait-timeout", "3", code=17).stderr
    assert "mute-1" in told and "refused" in told


def test_a_taken_port_is_reported_with_its_holder_before_anything_starts(sandbox: Sandbox) -> None:
    sandbox.write(OK)
    with closing(socket.create_server(("127.0.0.1", sandbox.port))):
        told = sandbox.arena("up", "-d", code=18).stderr
        assert str(sandbox.port) in told and str(os.getpid()) in told
        assert not [row for row in sandbox.json("ps", code=None) or [] if row["status"] == "running"]


def test_commands_that_need_a_running_project_say_that_there_is_none(sandbox: Sandbox) -> None:
    sandbox.write(OK)
    for words in (["health"], ["restart"], ["wait", "web"]):
        assert "arena up" in sandbox.arena(*words, code=7).stderr
    assert sandbox.json("ps") == []
    sandbox.arena("down")


def test_no_live_instance_is_503_and_the_rest_works(sandbox: Sandbox) -> None:
    probe = "{http: /, interval: 200ms, retries: 2}"
    outside = (
        f"  gone:\n    url: http://127.0.0.1:{free_port()}\n    routes: [{{path: /gone}}]\n    healthcheck: {probe}\n"
    )
    sandbox.write(OK + outside)
    sandbox.arena("up", "-d")
    with sandbox.client() as client:
        reply = poll(lambda: client.get("/gone"), lambda reply: reply.status_code == 503)
        assert reply.status_code == 503 and int(reply.headers["retry-after"]) > 0
        assert reply.headers["content-type"] == "application/problem+json"
    sandbox.arena("health", code=1)
