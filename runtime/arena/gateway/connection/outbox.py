"""The writes of one turn of the event loop, made back to back at its end.

Each write wakes the peer if it sleeps, which costs more than the write (on a virtual machine, an interrupt to another
core). Written one by one between two computations, every message pays for that; written together, the first wakes the peer
and the others find it at work. The order of writes on a connection is kept. Whoever closes a connection flushes first.
"""

from __future__ import annotations

import asyncio
from collections import deque


class Outbox:
    """Holds what is to be written until the loop has handled everything that had arrived."""

    __slots__ = ("_pending",)

    def __init__(self) -> None:
        self._pending: deque[tuple[asyncio.WriteTransport, bytes]] = deque()

    def put(self, transport: asyncio.WriteTransport, data: bytes) -> None:
        """Write `data` to `transport` before the loop waits again."""
        if not self._pending:
            asyncio.get_running_loop().call_soon(self.flush)
        self._pending.append((transport, data))

    def flush(self) -> None:
        """Write everything now; what belongs to a connection that has gone is dropped."""
        pending = self._pending
        try:
            while pending:
                transport, data = pending.popleft()
                if not transport.is_closing():
                    transport.write(data)
        finally:
            if pending:  # a write failed: the others must not wait for it
                asyncio.get_running_loop().call_soon(self.flush)
