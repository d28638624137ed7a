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
    # Shielded: a start that is cancelled halfway kills the child alone, and what the child has started lives on.
    starting = asyncio.ensure_future(_start(command, environment, directory))
    try:
        transport, child = await asyncio.shield(starting)
        await child.exited.wait()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WORDS):  # not wait_for, which can swallow a cancellation
                await child.silent.wait()
        code = transport.get_returncode() or 0
        return code == 0, _describe(code, bytes(child.tail))
    except OSError as error:
        return False, f"cannot run {command[0]}: {error.strerror or error}"
    finally:
        await _end(starting)


async def _start(
    command: Sequence[str], environment: Mapping[str, str] | None, directory: str
) -> tuple[asyncio.SubprocessTransport, _Child]:
    return await asyncio.get_running_loop().subprocess_exec(
        _Child,
        *command,
        cwd=directory or None,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )


async def _end(starting: asyncio.Future[tuple[asyncio.SubprocessTransport, _Child]]) -> None:
    """Leave nothing behind: kill the group if its leader still runs, and let go of the pipe."""
    try:
        transport, child = await starting
    except OSError:
        return
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
