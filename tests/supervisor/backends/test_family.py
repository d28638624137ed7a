"""Children that leave are found all the same."""

import os
import subprocess
import sys

from arena.supervisor.backends import family, identity
from arena.supervisor.backends.base import Handle
from arena.supervisor.backends.spawn import spawn
from arena.testing.eventually import eventually

from .conftest import make_launch

# Four ways to leave home; each writes its pid and stays.
STAY = "import os, sys, time; open(sys.argv[1], 'a').write(f'{os.getpid()}\\n'); time.sleep(60)"
LEAVE = f"""
import os, subprocess, sys
stay, names = {STAY!r}, sys.argv[1]
def start(**how):
    subprocess.Popen([sys.executable, '-c', stay, names], **how)
start()
start(start_new_session=True)
start(env={{'PATH': os.environ['PATH']}})
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execvp(sys.executable, [sys.executable, '-c', stay, names])
    os._exit(0)
os.wait()
exec(stay)
"""


async def leave(processes):
    """A process with four descendants; returns its handle and all five pids."""
    names = processes.folder / "pids"
    names.touch()
    launch = make_launch(processes.folder, "web-1", sys.executable, "-c", LEAVE, str(names))
    handle = await processes.backend.start(launch)
    await eventually(lambda: names.read_text().count("\n") == 5)
    return handle, {int(line) for line in names.read_text().split()}


async def test_all_of_a_run_are_found(processes):
    handle, pids = await leave(processes)
    assert {member.pid for member in family.of_run(handle)} == pids
    await processes.stop(handle, 5.0)
    assert family.of_run(handle) == []


async def test_stopping_ends_every_one_of_them(processes):
    handle, pids = await leave(processes)
    births = {pid: identity.born(pid) for pid in pids}
    await processes.stop(handle, 5.0)
    assert not [pid for pid in pids if identity.alive(pid, births[pid])]


async def test_what_a_crashed_leader_left_is_found_while_it_is_not_reaped(processes):
    handle, pids = await leave(processes)
    os.kill(handle.pid, 9)
    assert await processes.backend.wait(handle) == -9
    assert {member.pid for member in family.of_run(handle)} == pids - {handle.pid}
    await processes.stop(handle, 5.0)
    assert family.of_run(handle) == []


def test_one_that_is_just_being_started_is_not_overlooked(tmp_path):
    """For a moment after a start, a long one on a busy machine, nothing can be read of the new process."""
    for _ in range(200):
        pid = spawn(make_launch(tmp_path, "web-1", "sleep", "60", COLOUR="red"))
        marks = family._environment(pid)
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        assert marks["COLOUR"] == "red"


async def test_another_session_of_the_same_number_is_not_ours(processes):
    handle = await processes.steady()
    recycled = Handle(handle.pid, "an earlier birth", "another run")
    assert family.of_run(recycled) == []


async def test_a_project_is_found_but_for_the_spared_runs(processes):
    one, two = await processes.steady("one-1"), await processes.steady("two-1")
    found = family.of_project(processes.project, frozenset({one.run}))
    assert [(member.pid, member.instance) for member in found] == [(two.pid, "two-1")]


def test_we_and_our_ancestors_are_spared():
    """Arena started from inside one of its own services must not end itself."""
    look = (
        "from arena.supervisor.backends import family; print(family.of_project('inner', frozenset()), flush=True)"
        ";import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]]) if len(sys.argv) > 1 else 0"
    )
    once = "from arena.supervisor.backends import family; print(family.of_project('inner', frozenset()))"
    environment = {**os.environ, family.PROJECT: "inner"}
    done = subprocess.run(
        [sys.executable, "-c", look, once], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["[]", "[]"]
