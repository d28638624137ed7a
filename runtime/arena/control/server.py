"""Offers an Operator on a unix socket: request line in; progress lines, then a result or an error line, out."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
from pathlib import Path
from typing import Any

from arena import tasks
from arena.control.calls import CALLS, MAX_MESSAGE_BYTES, Call
from arena.control.operator import Operator
from arena.errors import ArenaError
from arena.model import codec

_log = logging.getLogger("arena.control")


class Server:
    """Serves `operator` on the socket `path` (mode 0600) until `close`."""

    def __init__(self, operator: Operator, path: Path) -> None:
        self._operator = operator
        self._path = path
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Begin to listen, again if need be. A socket file left by a dead daemon is replaced; the caller holds the daemon
        lock."""
        if self._server is not None:
            self._server.close()
        self._path.unlink(missing_ok=True)
        mask = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(self._accept, self._path, limit=MAX_MESSAGE_BYTES)
        finally:
            os.umask(mask)

    @property
    def reachable(self) -> bool:
        """Whether the socket file is still there; without it nobody finds us."""
        return self._path.is_socket()

    async def close(self) -> None:
        """Stop listening, give running calls a moment to send their last line, and remove the socket file."""
        if self._server is not None:
            self._server.close()
            self._path.unlink(missing_ok=True)
        if self._connections:
            await asyncio.wait(self._connections, timeout=1.0)
        await tasks.cancel(*self._connections)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = tasks.spawn(self._converse(reader, writer), name="control connection")
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line = await reader.readline()
            if line:
                await self._answer_while_connected(line, reader, writer)
        except (ConnectionError, ValueError) as error:  # ValueError: a line past the limit
            _log.info("control connection ended: %s", error)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _answer_while_connected(
        self, line: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """A caller who hangs up no longer wants the answer: the call is cancelled."""
        answer = asyncio.ensure_future(self._answer(line, writer))
        hang_up = asyncio.ensure_future(reader.read(1))
        try:
            await asyncio.wait({answer, hang_up}, return_when=asyncio.FIRST_COMPLETED)
            if answer.done():
                answer.result()
        finally:
            await tasks.cancel(answer, hang_up)

    async def _answer(self, line: bytes, writer: asyncio.StreamWriter) -> None:
        try:
            name, call, arguments = _read_request(line)
            message = {"result": codec.encode(await self._run(name, call, arguments, writer))}
        except ArenaError as error:
            message = {"error": _describe(error)}
        except Exception as error:  # noqa: BLE001  # the boundary: the caller must hear of a bug, and the daemon live on
            _log.exception("a control call failed")
            message = {
                "error": {"code": "bug", "message": f"{type(error).__name__}: {error}", "hint": "", "detail": ""}
            }
        _send(writer, message)
        await writer.drain()

    async def _run(self, name: str, call: Call, arguments: dict[str, Any], writer: asyncio.StreamWriter) -> Any:
        if name == "logs":
            async with contextlib.aclosing(self._operator.logs(**arguments)) as lines:
                async for line in lines:
                    _send(writer, {"progress": codec.encode(line)})
                    await writer.drain()
            return None
        if call.progress is not None:
            arguments["on_event"] = lambda event: _send(writer, {"progress": codec.encode(event)})
        return await getattr(self._operator, name)(**arguments)


def _read_request(line: bytes) -> tuple[str, Call, dict[str, Any]]:
    try:
        request = json.loads(line)
        call = CALLS[request["call"]]
        given = request.get("arguments", {})
        arguments = {name: codec.decode(kind, given.get(name), name) for name, kind in call.arguments.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArenaError(
            f"the daemon did not understand the request: {error}",
            hint="the daemon may be of another version: run `arena down`, then `arena up`",
        ) from error
    return request["call"], call, arguments


def _describe(error: ArenaError) -> dict[str, str]:
    return {"code": error.code, "message": error.message, "hint": error.hint, "detail": error.detail}


def _send(writer: asyncio.StreamWriter, message: dict[str, Any]) -> None:
    if not writer.is_closing():
        writer.write(json.dumps(message, separators=(",", ":")).encode() + b"\n")
