"""The command probe: exit code 0 is healthy."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence

_TAIL_BYTES = 4096
_LONGEST_LINE = 200
_LAST_WORDS = 0.2  # seconds for what is still in the pipe; a grandchild may hold it open for ever


async def run(command: Sequence[str], environment: Mapping[str, str] | None, directory: str) -> tuple[bool, str]:
    """Run `command` in a process group of its own; returns (healthy, what was seen, with the last line of output).

    When cancelled (the probe's timeout does that) the whole group is killed.
    """
    try:
        transport, child = await asyncio.get_running_loop().subprocess_exec(
            _Child,
            *command,
            cwd=directory or None,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        return False, f"cannot run {command[0]}: {error.strerror or error}"
    try:
        await child.exited.wait()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(child.silent.wait(), _LAST_WORDS)
        return transport.get_returncode() == 0, _describe(transport.get_returncode() or 0, bytes(child.tail))
    finally:
        if transport.get_returncode() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(transport.get_pid(), signal.SIGKILL)
            await child.exited.wait()
        transport.close()


class _Child(asyncio.SubprocessProtocol):
    """Drains the pipe, so that a chatty command never blocks on it, and keeps its end."""

    def __init__(self) -> None:
        self.tail = bytearray()
        self.exited = asyncio.Event()
        self.silent = asyncio.Event()

    def pipe_data_received(self, _fd: int, data: bytes) -> None:
        self.tail += data
        del self.tail[:-_TAIL_BYTES]

    def pipe_connection_lost(self, _fd: int, _exc: Exception | None) -> None:
        self.silent.set()

    def process_exited(self) -> None:
        self.exited.set()


def _describe(code: int, tail: bytes) -> str:
    ending = f"killed by signal {-code}" if code < 0 else f"exit code {code}"
    lines = tail.decode(errors="replace").split("\n")
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    shown = "".join(char for char in last[:_LONGEST_LINE] if char.isprintable())
    return f"{ending}: {shown}" if shown else ending
