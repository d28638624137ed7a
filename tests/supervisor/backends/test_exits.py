"""Ends are heard of, children or not."""

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from arena.supervisor.backends import exits, identity
from arena.supervisor.backends.base import Handle
from arena.supervisor.backends.exits import ExitWatcher


@pytest.fixture
async def watcher():
    watcher = ExitWatcher()
    yield watcher
    await watcher.close()


def start(*words):
    child = subprocess.Popen(words, start_new_session=True)
    child.returncode = 0
    return Handle(child.pid, identity.born(child.pid), "run")


def orphan():
    """A process that is not our child."""
    script = "import subprocess as s; print(s.Popen(['sleep', '60'], start_new_session=True, stdout=-3, stderr=-3).pid)"
    pid = int(subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout)
    return Handle(pid, identity.born(pid), "run")


@pytest.mark.parametrize(("script", "code"), [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", -9)])
async def test_the_code_of_a_child(watcher, script, code):
    handle = start("sh", "-c", script)
    async with asyncio.timeout(10):
        assert await watcher.watch(handle) == code


async def test_a_child_is_a_zombie_until_forgotten(watcher):
    handle = start("sh", "-c", "exit 0")
    await watcher.watch(handle)
    assert identity.born(handle.pid) == handle.born
    watcher.forget(handle)
    assert identity.born(handle.pid) == ""


async def test_closing_reaps_what_has_ended():
    watcher = ExitWatcher()
    handle = start("sh", "-c", "exit 0")
    await watcher.watch(handle)
    await watcher.close()
    assert identity.born(handle.pid) == ""


async def test_the_end_of_a_stranger_is_heard_but_not_its_code(watcher):
    """A process of an earlier daemon is no child of ours."""
    handle = orphan()
    end = watcher.watch(handle)
    await asyncio.sleep(0)
    assert not end.done()
    os.kill(handle.pid, signal.SIGKILL)
    async with asyncio.timeout(10):
        assert await end is None


async def test_one_that_is_gone_or_replaced_has_ended_already(watcher):
    assert await watcher.watch(Handle(2**22 + 1, "any", "run")) is None
    assert await watcher.watch(Handle(os.getpid(), "another birth", "run")) is None


async def test_without_pidfds_it_polls(watcher, monkeypatch):
    monkeypatch.delattr(exits.os, "pidfd_open", raising=False)
    handle = start("sh", "-c", "exit 5")
    async with asyncio.timeout(10):
        assert await watcher.watch(handle) == 5
    assert identity.born(handle.pid) == ""
