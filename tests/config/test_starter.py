from __future__ import annotations

import os
import subprocess
import time
import urllib.request
from collections.abc import Callable

import pytest

from arena.config import Loaded
from arena.config.starter import project_name, text
from tests.ports import free_port

SCHEMA_LINE = "# yaml-language-server: $schema=./.arena/schema.json"


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("My App!", "my-app"),
        ("...", "project"),
        ("a_b-1", "a_b-1"),
        ("x" * 99, "x" * 63),
        ("Ü", "u"),
        ("ünï 漢字", "uni"),
        ("漢字", "project"),
        ("Straße", "strasse"),
        ("Ｆｕｌｌ①", "full1"),
    ],
)
def test_project_name(given: str, name: str) -> None:
    assert project_name(given) == name


def test_it_loads_without_a_problem_or_a_note(load: Callable[..., Loaded]) -> None:
    loaded = load(text("My App"))
    assert loaded.notes == ()
    assert loaded.project.name == "my-app"
    assert loaded.project.services[0].routes[0].path == "/hello"
    assert text("x").splitlines()[0] == SCHEMA_LINE


def test_its_service_answers_on_its_port(load: Callable[..., Loaded]) -> None:
    command = load(text("x")).project.services[0].command
    port = free_port()
    process = subprocess.Popen(command, env={**os.environ, "PORT": str(port)}, stderr=subprocess.DEVNULL)
    try:
        assert b"hello" in answer(f"http://127.0.0.1:{port}/health")
    finally:
        process.kill()
        process.wait()


def answer(url: str) -> bytes:
    deadline = time.monotonic() + 10
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2) as reply:
                return bytes(reply.read())
        except OSError:
            if time.monotonic() > deadline:
                raise
