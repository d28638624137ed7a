"""Writes wait for the end of the loop's turn, in order, and one that fails delays no other."""

from __future__ import annotations

import asyncio

import pytest

from arena.gateway.connection.outbox import Outbox


class Wire(asyncio.WriteTransport):
    def __init__(self, *, closing: bool = False, broken: bool = False) -> None:
        super().__init__()
        self.closing = closing
        self.broken = broken
        self.sent = b""

    def is_closing(self) -> bool:
        return self.closing

    def write(self, data: object) -> None:
        if self.broken:
            raise RuntimeError("write after write_eof")
        assert isinstance(data, bytes)
        self.sent += data


async def test_writes_wait_for_the_end_of_the_turn_and_keep_their_order() -> None:
    outbox, one, other = Outbox(), Wire(), Wire()
    outbox.put(one, b"a")
    outbox.put(other, b"x")
    outbox.put(one, b"b")
    assert (one.sent, other.sent) == (b"", b"")
    await asyncio.sleep(0)
    assert (one.sent, other.sent) == (b"ab", b"x")


async def test_a_flush_writes_at_once_and_only_once() -> None:
    outbox, wire = Outbox(), Wire()
    outbox.put(wire, b"a")
    outbox.flush()
    assert wire.sent == b"a"
    await asyncio.sleep(0)
    outbox.put(wire, b"b")
    await asyncio.sleep(0)
    assert wire.sent == b"ab"


async def test_a_connection_that_has_gone_is_passed_over() -> None:
    outbox, gone, wire = Outbox(), Wire(closing=True), Wire()
    outbox.put(gone, b"lost")
    outbox.put(wire, b"a")
    outbox.flush()
    assert (gone.sent, wire.sent) == (b"", b"a")


async def test_a_write_that_fails_delays_no_other() -> None:
    outbox, bad, wire = Outbox(), Wire(broken=True), Wire()
    outbox.put(bad, b"x")
    outbox.put(wire, b"a")
    with pytest.raises(RuntimeError, match="write_eof"):
        outbox.flush()
    await asyncio.sleep(0)
    assert wire.sent == b"a"
