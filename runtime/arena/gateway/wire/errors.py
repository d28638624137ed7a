"""What the wire refuses."""

from __future__ import annotations


class WireError(Exception):
    """The bytes are not a message a proxy may pass on; the text says why, for people."""


class RequestRefused(WireError):
    """A request head or body is refused with `status`: 400, 413, 417, 431, 501 or 505. The connection cannot be used
    further."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
