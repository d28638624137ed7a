"""Turns what native code writes to file descriptor 2 into log lines of ours.

llama.cpp writes to the descriptor itself, past `sys.stderr`. While a capture runs the descriptor is the near end of a pipe
whose far end a thread reads; Python's own `sys.stderr` keeps pointing to where it always did.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import threading
from typing import IO

_STDERR = 2
_LLAMA_LINE = re.compile(r"\d+\.\d+\.\d+\.\d+ ([DTIWEC]) (.*)")
_LEVELS = {"D": logging.DEBUG, "T": logging.DEBUG, "I": logging.INFO, "W": logging.WARNING, "E": logging.ERROR}

_log = logging.getLogger("llama.cpp")


def emit(line: str) -> None:
    """Log one line of llama.cpp's ("0.00.002.024 E srv start: text") at its own level; anything else as a warning."""
    match = _LLAMA_LINE.match(line)
    level, text = (_LEVELS.get(match[1], logging.ERROR), match[2]) if match else (logging.WARNING, line)
    if text := " ".join(text.split()):
        _log.log(level, "%s", text)


class NativeLog:
    """Captures descriptor 2 between `start` and `stop`. One at a time in a process."""

    def __init__(self) -> None:
        self._saved = -1
        self._python_stderr: IO[str] | None = None
        self._reader: threading.Thread | None = None

    def start(self) -> None:
        self._saved = os.dup(_STDERR)
        reading, writing = os.pipe()
        os.dup2(writing, _STDERR)
        os.close(writing)
        self._spare_python()
        self._reader = threading.Thread(target=_read, args=(reading,), name="native-log", daemon=True)
        self._reader.start()

    def stop(self) -> None:
        """Give the descriptor back and wait until every line written so far has been logged."""
        if self._reader is None:
            return
        os.dup2(self._saved, _STDERR)  # closes the pipe's near end, which ends the reader
        os.close(self._saved)
        if self._python_stderr is not None:
            sys.stderr, spare = self._python_stderr, sys.stderr
            spare.close()
            self._python_stderr = None
        self._reader.join()
        self._reader = None

    def _spare_python(self) -> None:
        """An error in logging itself is printed to sys.stderr: through the pipe it would come back for ever."""
        try:
            ours = sys.stderr.fileno() == _STDERR
        except (OSError, ValueError, AttributeError):
            ours = False
        if ours:
            self._python_stderr = sys.stderr
            sys.stderr = os.fdopen(os.dup(self._saved), "w", buffering=1, errors="backslashreplace")


def _read(descriptor: int) -> None:
    with os.fdopen(descriptor, "r", encoding="utf-8", errors="replace") as lines:
        for line in lines:
            emit(line)
