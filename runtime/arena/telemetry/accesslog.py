"""One JSON line per request, written in small bursts and never in the way of the traffic.

A line is made by hand, because `json.dumps` would cost more than routing. Lines wait at most `INTERVAL`; a regular
file is written to directly, anything else (a pipe, a terminal) only as far as it takes bytes without blocking. What
cannot be written is kept until it is more than `MAX_BACKLOG` bytes; then new lines are dropped and counted, and /metrics tells
the count.
"""

from __future__ import annotations

import os
import select
import stat
from collections import deque
from json.encoder import encode_basestring_ascii
from time import gmtime, strftime, time

INTERVAL = 0.02
MAX_BACKLOG = 8 * 1024 * 1024
# POSIX: a pipe that polls as writable takes PIPE_BUF bytes without blocking (Linux: 4096).
_PIPE_BUF = 4096


def quote(text: str) -> bytes:
    """`text` as a JSON string, quotes included, in ASCII."""
    return encode_basestring_ascii(text).encode()


class LineWriter:
    """Collects lines and writes them to the file descriptor `fd`, never blocking on a slow reader. `add` takes a line, without
    its newline."""

    __slots__ = ("_blocks", "_fd", "_lines", "_poll", "_size", "add", "dropped")

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._lines: list[bytes] = []
        self.add = self._lines.append  # once per request, and so without a call of ours
        self._blocks: deque[bytes] = deque()
        self._size = 0
        self.dropped = 0
        self._poll: select.poll | None = None
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            self._poll = select.poll()
            self._poll.register(fd, select.POLLOUT)

    def flush(self) -> bool:
        """Write what the descriptor takes now; True when nothing is left."""
        if self._lines:
            self._close_block()
        while self._blocks:
            block = self._blocks.popleft()
            written = self._write(block)
            self._size -= written
            if written < len(block):
                self._blocks.appendleft(block[written:])
                return False
        return True

    def _close_block(self) -> None:
        lines = self._lines
        if self._size > MAX_BACKLOG:
            self.dropped += len(lines)
        else:
            lines.append(b"")
            block = b"\n".join(lines)
            self._blocks.append(block)
            self._size += len(block)
        lines.clear()

    def _write(self, block: bytes) -> int:
        try:
            if self._poll is None:
                return os.write(self._fd, block)
            return self._write_slowly(block)
        except BlockingIOError:
            return 0
        except OSError:
            # The reader is gone or the disk is full: nobody can be told, and the traffic goes on.
            self.dropped += block.count(b"\n")
            return len(block)

    def _write_slowly(self, block: bytes) -> int:
        assert self._poll is not None
        sent = 0
        while sent < len(block) and self._poll.poll(0):
            sent += os.write(self._fd, block[sent : sent + _PIPE_BUF])
        return sent


class Stamp:
    """The time of day as RFC 3339 in UTC with milliseconds; what has not changed since the last call is kept."""

    __slots__ = ("_millisecond", "_prefix", "_second", "_text")

    def __init__(self) -> None:
        self._second = self._millisecond = -1
        self._prefix = self._text = b""

    def now(self) -> bytes:
        """The present, as `2026-11-23T11:45:40.123Z`."""
        moment = time()
        return self._text if int(moment * 1000) == self._millisecond else self.at(moment)

    def at(self, moment: float) -> bytes:
        """`moment` in Unix seconds, likewise."""
        millisecond = int(moment * 1000)
        if millisecond != self._millisecond:
            self._millisecond = millisecond
            second = millisecond // 1000
            if second != self._second:
                self._second = second
                self._prefix = strftime("%Y-%m-%dT%H:%M:%S.", gmtime(second)).encode()
            self._text = b"%b%03dZ" % (self._prefix, millisecond % 1000)
        return self._text
