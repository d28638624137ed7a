"""A pid alone names nobody."""

import os
import signal
import subprocess
import sys

import pytest

from arena.supervisor.backends import identity


@pytest.fixture
def child():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    yield child
    child.kill()
    child.wait()


def test_birth_is_stable_and_differs_between_processes(child):
    assert identity.born(child.pid) == identity.born(child.pid) != ""
    assert identity.born(child.pid) != identity.born(os.getpid())
    assert identity.born(2**22 + 1) == ""


def test_alive_needs_pid_and_birth(child):
    birth = identity.born(child.pid)
    assert identity.alive(child.pid, birth)
    assert not identity.alive(child.pid, "another")
    assert not identity.alive(child.pid, "")
    assert not identity.alive(2**22 + 1, "")


def test_a_zombie_has_a_birth_but_is_not_alive(child):
    birth = identity.born(child.pid)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert identity.born(child.pid) == birth
    assert not identity.alive(child.pid, birth)


def test_hatching_is_neither_kernel_thread_nor_zombie_nor_settled(child):
    assert not identity.hatching(os.getpid())
    assert not identity.hatching(2**22 + 1)
    assert not identity.hatching(2), "kthreadd, where it can be seen"
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not identity.hatching(child.pid)


@pytest.mark.parametrize("send", [identity.send, identity.send_group])
def test_signals_reach_exactly_the_one_meant(child, send):
    assert not send(child.pid, "another", signal.SIGKILL)
    assert child.poll() is None
    assert send(child.pid, identity.born(child.pid), signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    assert not send(child.pid, "another", signal.SIGKILL)


def test_without_pidfds_it_checks_all_the_same(child, monkeypatch):
    monkeypatch.delattr(identity.os, "pidfd_open", raising=False)
    assert not identity.send(child.pid, "another", signal.SIGKILL)
    assert identity.send(child.pid, identity.born(child.pid), signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL


def test_without_proc_psutil_answers(child, monkeypatch):
    monkeypatch.setattr(identity, "_LINUX", False)
    birth = identity.born(child.pid)
    assert identity.alive(child.pid, birth)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not identity.alive(child.pid, birth)
    assert identity.born(2**22 + 1) == ""
