from __future__ import annotations

import asyncio
import json
import stat
from typing import Any

import pytest

from arena.control.client import Client
from arena.control.server import Server
from arena.control.socket import socket_path
from arena.model.layout import StateLayout


async def ask(layout: StateLayout, line: bytes) -> dict[str, Any]:
    reader, writer = await asyncio.open_unix_connection(socket_path(layout))
    writer.write(line)
    answer = json.loads(await reader.readline())
    writer.close()
    await writer.wait_closed()
    return answer


def test_only_the_owner_may_open_the_socket(layout: StateLayout, operator) -> None:
    assert stat.S_IMODE(socket_path(layout).stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "line",
    [b"not json\n", b"[]\n", b"{}\n", b'{"call": "nope"}\n', b'{"call": "up", "arguments": {"request": 1}}\n',
     b'{"call": "rows"}\n', b'{"call": "rows", "arguments": 3}\n', b"\xff\xfe\n"],
)  # fmt: skip
async def test_junk_gets_an_error_and_the_server_lives(layout: StateLayout, operator, line: bytes) -> None:
    answer = await ask(layout, line)
    assert "did not understand" in answer["error"]["message"]
    assert (await Client(socket_path(layout)).info()).project == "demo"


async def test_a_caller_who_hangs_up_cancels_the_call(layout: StateLayout, operator) -> None:
    _, writer = await asyncio.open_unix_connection(socket_path(layout))
    request = {"call": "wait", "arguments": {"service": "never", "status": "healthy", "timeout": 60.0}}
    writer.write(json.dumps(request).encode() + b"\n")
    await writer.drain()
    writer.close()
    await asyncio.wait_for(operator.cancelled.wait(), 5)


async def test_closing_removes_the_socket_file(layout: StateLayout, operator) -> None:
    server = Server(operator, socket_path(layout))
    await server.start()
    await server.close()
    assert not socket_path(layout).exists()
