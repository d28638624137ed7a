"""`arena` on a real pseudo-terminal: what a person would see."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pty
import re
import sys
import termios
import tty
from pathlib import Path


class Terminal:
    """A running `arena` whose stdin, stdout and stderr are one terminal of 100 columns."""

    def __init__(self, process: asyncio.subprocess.Process, handle: int) -> None:
        self.process = process
        self.screen = ""
        self._handle = handle
        self._grown = asyncio.Event()
        asyncio.get_running_loop().add_reader(handle, self._read)

    @classmethod
    async def start(cls, folder: Path, *words: str, **environment: str) -> Terminal:
        ours, theirs = pty.openpty()
        tty.setraw(theirs, termios.TCSANOW)  # so that the capture is exactly what was written
        termios.tcsetwinsize(theirs, (40, 100))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "arena_cli", *words),
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": str(folder), "TERM": "xterm-256color", **environment},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        return cls(process, ours)

    async def until(self, words: str, patience: float = 15.0) -> None:
        """Wait until `words` have been on the screen."""
        async with asyncio.timeout(patience):
            while words not in self.plain:
                self._grown.clear()
                await self._grown.wait()

    def close(self) -> None:
        """Close the window, as a person does: what is written to it from now on fails."""
        asyncio.get_running_loop().remove_reader(self._handle)
        os.close(self._handle)

    async def end(self, patience: float = 15.0) -> int:
        """Wait for the process to end, and return its exit code."""
        code = await asyncio.wait_for(self.process.wait(), patience)
        self._read()
        self.close()
        return code

    @property
    def plain(self) -> str:
        """Everything ever written, without colours and cursor movements."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", self.screen)

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # EIO: the other end is closed
            while data := os.read(self._handle, 65536):
                self.screen += data.decode(errors="replace")
                self._grown.set()
                if len(data) < 65536:
                    return
        if self.process.returncode is not None:
            asyncio.get_running_loop().remove_reader(self._handle)
