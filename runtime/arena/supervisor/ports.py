"""TCP ports: is it free, who has it, which one to give."""

from __future__ import annotations

import errno
import os
import random
import socket
from collections.abc import Collection
from dataclasses import dataclass

import psutil

from arena.errors import PartFailed, PortTaken
from arena.model.workload import Workload

# Below the range from which Linux (32768 up) and macOS (49152 up) take the local ports of outgoing connections: a port from
# there may be taken by any client between our look and the instance's bind, and a probe may even connect to itself.
FIRST, LAST = 20000, 32000
_TRIES = 200


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that listens on a port. `pid` None: another user's, which we may not see."""

    pid: int | None
    name: str

    def __str__(self) -> str:
        return f"{self.name} (pid {self.pid})" if self.pid else self.name


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now. Raises PartFailed if `host` is not this machine's or the port not allowed."""
    try:
        for family, _, _, _, address in socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                probe.setsockopt(
                    socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
                )  # past connections in TIME_WAIT do not count
                probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return False
        raise PartFailed(f"cannot listen on {host}:{port}: {error.strerror}", hint=_hint(error, port)) from error
    return True


def pick(host: str, taken: Collection[int]) -> int:
    """A free port that is not in `taken`. Raises PartFailed if none is found."""
    for port in random.sample(range(FIRST, LAST), _TRIES):
        if port not in taken and is_free(host, port):
            return port
    raise PartFailed(f"no free port found on {host} between {FIRST} and {LAST}", hint="stop some of what listens there")


def holder(port: int) -> Holder | None:
    """Who listens on `port`, or None."""
    try:
        listening = [c for c in psutil.net_connections("tcp") if c.status == psutil.CONN_LISTEN]
    except psutil.AccessDenied:  # macOS shows the table to root alone
        return Holder(None, "another process")
    found = [connection for connection in listening if connection.laddr and connection.laddr.port == port]
    known = [connection.pid for connection in found if connection.pid]
    if not found:
        return None
    return Holder(known[0], _name(known[0])) if known else Holder(None, "another user's process")


def require(workload: Workload, ours: Collection[int] = ()) -> None:
    """Raises PortTaken, naming the holder, unless every fixed port of `workload` is free, or held by one of the
    sessions `ours`."""
    if workload.port is not None:
        require_free(workload.host, workload.port, workload.name, ours)
    if workload.shared is not None:
        require_free(workload.shared.host, workload.shared.port, workload.name, ours)


def require_free(host: str, port: int, owner: str, ours: Collection[int]) -> None:
    """Raises PortTaken, naming the holder, unless `owner` (a workload) may have the port. `ours` are the sessions of
    processes that will have given it up by then."""
    if is_free(host, port):
        return
    who = holder(port)
    if who and who.pid and _session(who.pid) in ours:
        return
    raise PortTaken(
        f"port {port}, which {owner} needs, is held by {who or 'another process'}",
        hint=f"give {owner} another port in arena.yaml, or stop what holds it if that is yours",
    )


def _hint(error: OSError, port: int) -> str:
    if error.errno == errno.EACCES:
        return f"ports below 1024 need a privilege; choose one above instead of {port}"
    return "use an address of this machine, such as 127.0.0.1 or 0.0.0.0"


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:
        return None


def _name(pid: int) -> str:
    try:
        return psutil.Process(pid).name()
    except psutil.Error:
        return "a process"
