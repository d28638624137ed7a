"""The Operator at the caller's end of the socket."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from pathlib import Path
from typing import Any

from arena.control.calls import CALLS, MAX_MESSAGE_BYTES
from arena.control.messages import DaemonInfo, DownReport, HealthRow, UpReport, UpRequest
from arena.control.operator import Listener
from arena.control.socket import socket_path
from arena.errors import ArenaError, NothingRunning, from_code
from arena.model import codec
from arena.model.breaker import BreakerPlace, BreakerRow
from arena.model.cache import Purge, PurgeRow
from arena.model.instance import Health, InstanceRow, Status
from arena.model.layout import StateLayout
from arena.model.logline import LogLine, LogQuery


@contextlib.asynccontextmanager
async def connect(layout: StateLayout) -> AsyncIterator[Client]:
    """Open the daemon of this project. Raises NothingRunning when none answers."""
    client = Client(socket_path(layout))
    await client.info()
    yield client


class Client:
    """Implements `operator.Operator`; each call is a connection of its own, so calls may overlap."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def info(self) -> DaemonInfo:
        return await self._call("info", {})

    async def up(self, request: UpRequest, on_event: Listener) -> UpReport:
        return await self._call("up", {"request": request}, on_event)

    async def down(self, grace: float | None, volumes: bool, on_event: Listener) -> DownReport:
        return await self._call("down", {"grace": grace, "volumes": volumes}, on_event)

    async def restart(self, services: tuple[str, ...], grace: float | None, on_event: Listener) -> UpReport:
        return await self._call("restart", {"services": services, "grace": grace}, on_event)

    async def wait(self, service: str, status: Status | Health, timeout: float, on_event: Listener) -> None:
        await self._call("wait", {"service": service, "status": status, "timeout": timeout}, on_event)

    async def rows(self, everything: bool) -> tuple[InstanceRow, ...]:
        return await self._call("rows", {"everything": everything})

    async def health(self) -> tuple[HealthRow, ...]:
        return await self._call("health", {})

    async def breakers(self) -> tuple[BreakerRow, ...]:
        return await self._call("breakers", {})

    async def trip(self, place: BreakerPlace, seconds: float | None) -> tuple[BreakerRow, ...]:
        return await self._call("trip", {"place": place, "seconds": seconds})

    async def reset(self, place: BreakerPlace) -> tuple[BreakerRow, ...]:
        return await self._call("reset", {"place": place})

    async def purge(self, what: Purge) -> tuple[PurgeRow, ...]:
        return await self._call("purge", {"what": what})

    async def logs(self, query: LogQuery) -> AsyncGenerator[LogLine, None]:
        async with contextlib.aclosing(self._converse("logs", {"query": query})) as messages:
            async for message in messages:
                if "progress" in message:
                    yield codec.decode(LogLine, message["progress"])

    async def _call(
        self, name: str, arguments: dict[str, Any], on_progress: Callable[[Any], None] | None = None
    ) -> Any:
        call = CALLS[name]
        async with contextlib.aclosing(self._converse(name, arguments)) as messages:
            async for message in messages:
                if "result" in message:
                    return codec.decode(call.result, message["result"], name)
                if on_progress is not None:
                    on_progress(codec.decode(call.progress, message["progress"]))
        raise ArenaError(
            f"the daemon ended before it answered `{name}`",
            hint="`arena ps` shows what still runs; `arena up` starts the daemon again and adopts it",
        )

    async def _converse(self, name: str, arguments: dict[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        """Send one request and yield its messages up to the last. Raises the ArenaError that the daemon sent."""
        try:
            reader, writer = await asyncio.open_unix_connection(self._path, limit=MAX_MESSAGE_BYTES)
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise NothingRunning("nothing is running in this project", hint="start it with `arena up`") from error
        try:
            writer.write(json.dumps({"call": name, "arguments": codec.encode(arguments)}).encode() + b"\n")
            await writer.drain()
            while line := await _read(reader):
                message = json.loads(line)
                if "error" in message:
                    raise from_code(**message["error"])
                yield message
                if "result" in message:
                    return
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


async def _read(reader: asyncio.StreamReader) -> bytes:
    """The next line; b"" when the daemon has hung up, politely or not."""
    try:
        return await reader.readline()
    except ConnectionError:
        return b""
