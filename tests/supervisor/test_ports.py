"""Ports, with real sockets."""

import os
import socket
import subprocess
import sys

import pytest

from arena.errors import PartFailed, PortTaken
from arena.model.address import Address
from arena.supervisor import ports

from .conftest import workload


@pytest.fixture
def taken():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def foreign():
    """(port, pid) of another process that listens."""
    script = (
        "import socket, time; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True);"
        "time.sleep(60)"
    )
    child = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, start_new_session=True)
    yield int(child.stdout.readline()), child.pid
    child.kill()
    child.wait()
    child.stdout.close()


def test_taken_and_free(taken):
    assert not ports.is_free("127.0.0.1", taken)
    assert not ports.is_free("0.0.0.0", taken)
    assert not ports.is_free("localhost", taken)
    assert ports.is_free("127.0.0.1", ports.pick("127.0.0.1", ()))


def test_a_host_that_is_not_ours_is_an_error_not_a_taken_port():
    with pytest.raises(PartFailed, match=r"192\.0\.2\.1:20000"):
        ports.is_free("192.0.2.1", 20000)
    with pytest.raises(PartFailed, match="no-such-host"):
        ports.is_free("no-such-host.invalid", 20000)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may listen anywhere")
def test_a_privileged_port_says_so():
    with pytest.raises(PartFailed) as caught:
        ports.is_free("127.0.0.1", 81)
    assert "1024" in caught.value.hint


def test_picked_ports_avoid_those_given_and_the_range_of_outgoing_connections(monkeypatch):
    assert ports.FIRST <= ports.pick("127.0.0.1", ()) < ports.LAST < 32768
    monkeypatch.setattr(ports, "FIRST", ports.LAST - ports._TRIES)
    with pytest.raises(PartFailed, match="no free port"):
        ports.pick("127.0.0.1", range(ports.LAST))


def test_the_holder_is_named(foreign):
    port, pid = foreign
    holder = ports.holder(port)
    assert holder is not None
    assert holder.pid == pid
    assert str(holder) == f"{holder.name} (pid {pid})"
    assert "python" in holder.name


def test_nobody_holds_a_free_port():
    assert ports.holder(ports.pick("127.0.0.1", ())) is None


def test_a_required_port_that_is_taken(foreign):
    port, pid = foreign
    with pytest.raises(PortTaken) as caught:
        ports.require_free("127.0.0.1", port, "gateway", ())
    assert caught.value.message.startswith(f"port {port}, which gateway needs, is held by python")
    assert f"(pid {pid})" in caught.value.message
    ports.require_free("127.0.0.1", port, "gateway", {pid})  # a process of ours that will be gone


def test_a_table_we_may_not_see(taken, monkeypatch):
    def refuse(kind):
        raise ports.psutil.AccessDenied

    monkeypatch.setattr(ports.psutil, "net_connections", refuse)
    assert str(ports.holder(taken)) == "another process"


def test_a_workload_needs_its_own_port_and_the_one_it_shares():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        for needy in (workload("web", port=port), workload("web", shared=Address("127.0.0.1", port))):
            with pytest.raises(PortTaken, match=f"port {port}, which web needs"):
                ports.require(needy)
            ports.require(needy, {os.getsid(0)})
    ports.require(workload("web"))
