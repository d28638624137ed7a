"""The Date header of replies that begin here. Source: RFC 9110 sections 5.6.7 and 6.6.1."""

from __future__ import annotations

from email.utils import formatdate
from time import time


class DateLine:
    """The header line of the present second, without its line end; made anew when the second is over."""

    __slots__ = ("_line", "_second")

    def __init__(self) -> None:
        self._second = -1
        self._line = b""

    def now(self) -> bytes:
        """`date: ` and the time, as in `Sun, 06 Nov 1994 08:49:37 GMT`."""
        return self.at(int(time()))

    def at(self, second: int) -> bytes:
        """The line of a second since 1970."""
        if second != self._second:
            self._second = second
            self._line = b"date: " + formatdate(second, usegmt=True).encode()
        return self._line
