"""The registry's Snapshots as they come: for the gateway, whose memory and start cannot afford a whole HTTP client."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any
from urllib.parse import urlsplit

import httptools

from arena.model import codec
from arena.model.address import Address
from arena.model.service import Restart
from arena.model.snapshot import Snapshot
from arena.policy.backoff import ceiling

SILENCE = 15.0  # seconds; the registry sends a blank line every 5, so three missed ones mean that it is gone
_CONNECT_TIMEOUT = 2.0
_LONGEST_LINE = 32 * 1024 * 1024  # bytes; some hundred thousand endpoints
_PIECE = 64 * 1024
_PATIENCE = Restart(delay=0.1, max_delay=2.0)

OnSnapshot = Callable[[Snapshot], None]
OnState = Callable[[bool, str], None]

_log = logging.getLogger("arena.registry.follow")


class WatchBroken(Exception):
    """The stream of Snapshots could not be opened, ended, fell silent or made no sense; the message says which."""


async def follow(url: str, on_snapshot: OnSnapshot, on_state: OnState) -> None:
    """Call `on_snapshot` with each Snapshot of the registry at `url` for ever, through its restarts; cancel it to stop.

    `on_state(connected, detail)` is called when the first Snapshot of a connection has come, and when a connection was lost
    or could not be made (once, not for each attempt). Attempts are 0.1 s to 2 s apart, with jitter.
    """
    attempt = 0
    connected: bool | None = None
    while True:
        reason = "the stream ended"
        try:
            async with aclosing(watch(url)) as snapshots:
                async for snapshot in snapshots:
                    on_snapshot(snapshot)
                    if not connected:
                        on_state(True, "")
                    connected, attempt = True, 0
        except WatchBroken as error:
            reason = str(error)
        if connected is not False:
            on_state(False, reason)
        connected = False
        await asyncio.sleep(ceiling(_PATIENCE, attempt) * random.uniform(0.5, 1.0))
        attempt += 1


async def watch(url: str, *, silence: float = SILENCE) -> AsyncGenerator[Snapshot, None]:
    """One connection's Snapshots: the present one at once, then each later one. Never ends by itself: raises WatchBroken."""
    address = Address.parse(url)
    reader, writer = await _connect(address)
    answer = _Answer()
    parser = httptools.HttpResponseParser(answer)
    try:
        writer.write(_request(address, url))
        while True:
            for line in answer.lines():
                yield _decode(line)
            await _read(reader, parser, answer, silence)
    finally:
        writer.close()


async def _connect(address: Address) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if address.scheme != "http":
        raise WatchBroken("the registry speaks plain http")
    try:
        async with asyncio.timeout(_CONNECT_TIMEOUT):
            return await asyncio.open_connection(address.host, address.port)
    except TimeoutError:
        raise WatchBroken(f"no connection to {address.authority} within {_CONNECT_TIMEOUT:g} s") from None
    except OSError as error:
        raise WatchBroken(f"no connection to {address.authority}: {error.strerror or error}") from None


def _request(address: Address, url: str) -> bytes:
    path = urlsplit(url).path.rstrip("/")
    return (
        f"GET {path}/v1/watch HTTP/1.1\r\nhost: {address.authority}\r\naccept: application/x-ndjson\r\n"
        "user-agent: arena-watch\r\nconnection: close\r\n\r\n"
    ).encode()


async def _read(
    reader: asyncio.StreamReader, parser: httptools.HttpResponseParser, answer: _Answer, silence: float
) -> None:
    try:
        async with asyncio.timeout(silence):
            piece = await reader.read(_PIECE)
    except TimeoutError:
        raise WatchBroken(f"the registry was silent for {silence:g} s") from None
    except OSError as error:
        raise WatchBroken(f"the connection broke: {error.strerror or error}") from None
    if not piece:
        raise WatchBroken("the registry closed the stream")
    try:
        parser.feed_data(piece)
    except httptools.HttpParserError as error:
        raise WatchBroken(f"the answer is not HTTP: {error}") from None
    answer.check(parser)


class _Answer:
    """What httptools calls while it parses: keeps the body until there are whole lines."""

    def __init__(self) -> None:
        self._pending = bytearray()
        self._head_done = False
        self._ended = False

    def on_headers_complete(self) -> None:
        self._head_done = True

    def on_body(self, body: bytes) -> None:
        self._pending += body

    def on_message_complete(self) -> None:
        self._ended = True

    def check(self, parser: Any) -> None:
        """Raise WatchBroken unless this is still a stream of lines."""
        if self._head_done and parser.get_status_code() != 200:
            raise WatchBroken(f"the registry answered {parser.get_status_code()}")
        if self._ended:
            raise WatchBroken("the registry ended the stream")
        if len(self._pending) > _LONGEST_LINE:
            raise WatchBroken("the registry sent a line without end")

    def lines(self) -> list[bytes]:
        """Take out the whole lines that are not blank."""
        whole, newline, rest = bytes(self._pending).rpartition(b"\n")
        if not newline:
            return []
        self._pending = bytearray(rest)
        return [line for line in whole.split(b"\n") if line.strip()]


def _decode(line: bytes) -> Snapshot:
    try:
        return read_snapshot(json.loads(line))
    except (ValueError, RecursionError) as error:
        raise WatchBroken(f"the registry sent no Snapshot: {str(error)[:200]}") from None


def read_snapshot(data: object) -> Snapshot:
    """A Snapshot from JSON. Raises ValueError; also for an object without an epoch, which by its defaults would say that
    nobody is alive."""
    snapshot = codec.decode(Snapshot, data)
    if not snapshot.epoch:
        raise ValueError("it names no epoch")
    return snapshot
