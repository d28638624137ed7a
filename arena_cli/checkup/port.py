"""Checks of the ports a project has fixed: free, ours, or somebody else's."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from arena.model.project import Project
from arena_cli.checkup.check import Check


@dataclass(frozen=True, slots=True)
class Wanted:
    """A port that a part of the project will listen on."""

    part: str
    host: str
    port: int


def wanted(project: Project) -> Iterator[Wanted]:
    """Every port with a number in arena.yaml. Ports that are found at start need no check."""
    yield Wanted("gateway", project.gateway.host, project.gateway.port)
    yield Wanted("registry", project.registry.host, project.registry.port)
    for service in project.services:
        if service.port is not None and not service.external:
            yield Wanted(service.name, "127.0.0.1", service.port)


def check(want: Wanted, ours: Mapping[int, str]) -> Check:
    """Try to listen there. `ours` maps the pids of this project's instances to their names."""
    name = f"port {want.port}"
    problem = _try(want)
    if problem is None:
        return Check(name, "ok", f"free, for {want.part}")
    if problem != errno.EADDRINUSE:
        return Check(
            name,
            "fail",
            f"{want.part} cannot listen on {want.host}: {os.strerror(problem).lower()}",
            "choose another in arena.yaml",
        )
    holders = _holders(want.port)
    mine = [ours[pid] for pid in holders if pid in ours]
    if mine:
        return Check(name, "ok", f"held by {mine[0]} of this project")
    who = ", ".join(f"{program} (pid {pid})" for pid, program in holders.items()) or "a process of another user"
    return Check(
        name, "fail", f"wanted by {want.part}, held by {who}", "stop that process, or choose another port in arena.yaml"
    )


def _try(want: Wanted) -> int | None:
    """Listen for a moment; the error number if that fails."""
    family = socket.AF_INET6 if ":" in want.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((want.host, want.port))
            attempt.listen(1)
        except OSError as error:
            return error.errno or errno.EINVAL
    return None


def _holders(port: int) -> dict[int, str]:
    """Who listens on `port`, as far as this user may know: pid to program."""
    import psutil

    found: dict[int, str] = {}
    for process in psutil.process_iter(["name"]):
        try:
            listens = any(
                c.status == psutil.CONN_LISTEN and c.laddr.port == port for c in process.net_connections("tcp")
            )
        except (psutil.AccessDenied, psutil.NoSuchProcess):
            continue
        if listens:
            found[process.pid] = process.info["name"]
    return found
