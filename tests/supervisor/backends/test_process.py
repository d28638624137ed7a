"""What is true of processes beyond the contract."""

import os
import signal
import sys

import psutil
import pytest

from arena.errors import PartFailed
from arena.supervisor.backends import identity, process
from arena.supervisor.backends.process import ProcessBackend
from arena.testing.eventually import eventually

from .conftest import make_launch

GRANDCHILD = (
    "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', sys.argv[1], *sys.argv[2:]]); time.sleep(60)"
)
DEAF = "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); open(sys.argv[1], 'w').close(); time.sleep(60)"
PATIENT = """
import signal, sys, time
def end(*_):
    time.sleep(0.2)
    open(sys.argv[1], 'w').write('cleaned up')
    sys.exit()
signal.signal(signal.SIGTERM, end)
open(sys.argv[1], 'w').close()
time.sleep(60)
"""


async def test_the_marks_are_in_the_environment(processes):
    launch = make_launch(
        processes.folder, "web-1", "sh", "-c", "echo $ARENA_PROJECT_ID $ARENA_RUN_ID $ARENA_INSTANCE_ID $PWD"
    )
    handle = await processes.backend.start(launch)
    await processes.backend.wait(handle)
    assert launch.output.read_text().split() == [processes.project, launch.run, "web-1", str(processes.folder)]


async def test_reload_is_a_hangup_signal_to_the_leader_alone(processes):
    script = "trap 'echo again' HUP; echo up; while :; do sleep 0.02; done"
    launch = make_launch(processes.folder, "web-1", "sh", "-c", script)
    handle = await processes.backend.start(launch)
    await eventually(lambda: launch.output.read_text() == "up\n")
    processes.backend.reload(handle)
    await eventually(lambda: launch.output.read_text() == "up\nagain\n")


async def test_a_deaf_grandchild_is_killed_after_the_grace_and_counts_as_force(processes):
    flag = processes.folder / "flag"
    launch = make_launch(processes.folder, "web-1", sys.executable, "-c", GRANDCHILD, DEAF, str(flag))
    handle = await processes.backend.start(launch)
    await eventually(flag.exists)
    assert await processes.stop(handle, 0.3)


async def test_a_grandchild_has_the_rest_of_the_grace_to_clean_up(processes):
    flag = processes.folder / "flag"
    launch = make_launch(processes.folder, "web-1", sys.executable, "-c", GRANDCHILD, PATIENT, str(flag))
    handle = await processes.backend.start(launch)
    await eventually(flag.exists)
    assert not await processes.stop(handle, 10.0)
    assert flag.read_text() == "cleaned up"


async def test_a_stopped_process_can_be_ended(processes):
    handle = await processes.steady()
    os.kill(handle.pid, signal.SIGSTOP)
    # Two pending signals come in order of their numbers, and SIGTERM's is the lower.
    await eventually(lambda: psutil.Process(handle.pid).status() == psutil.STATUS_STOPPED)
    assert await processes.stop(handle, 0.1)


async def test_a_later_backend_ends_what_an_earlier_one_started(processes):
    handle = await processes.steady()
    await processes.backend.close()
    assert identity.alive(handle.pid, handle.born)
    later = ProcessBackend(processes.project)
    assert not await later.stop(handle, 5.0)
    assert not later.alive(handle)
    await later.close()


async def test_another_project_is_not_swept(processes):
    handle = await processes.steady()
    stranger = ProcessBackend("another project")
    assert await stranger.sweep(()) == ()
    assert processes.backend.alive(handle)
    await stranger.close()


async def test_what_cannot_be_ended_is_said(processes, monkeypatch, caplog):
    """A process stuck in the kernel ignores even SIGKILL; here the signals are lost on their way."""
    handle = await processes.steady()
    monkeypatch.setattr(process.identity, "send", lambda *_: False)
    monkeypatch.setattr(process.identity, "send_group", lambda *_: False)
    monkeypatch.setattr(process, "_STRAY_GRACE", 0.01)
    monkeypatch.setattr(process, "_KILL_PASSES", 2)
    with pytest.raises(PartFailed, match="cannot be ended"):
        await processes.stop(handle, 0.01)
    monkeypatch.undo()
    assert caplog.records
