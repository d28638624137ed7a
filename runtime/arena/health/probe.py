"""One question to one instance, answered within its timeout."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from arena.health import command, tcp
from arena.model.address import Address
from arena.model.service import Probe

if TYPE_CHECKING:
    import httpx


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """`detail` is for people: "GET /health: 503", "no answer within 2 s". `seconds` is how long the answer took."""

    ok: bool
    detail: str
    seconds: float = 0.0


async def ask(
    probe: Probe,
    address: Address | None,
    *,
    environment: Mapping[str, str] | None = None,
    directory: str = "",
    client: httpx.AsyncClient | None = None,
    server_name: str | None = None,
) -> ProbeResult:
    """Ask once. Whatever goes wrong on the other side is a result; only cancellation and mistakes of the caller raise.

    An `http` or `tcp` probe needs `address`; the former may share a `client` made by `http.open_client`,
    and expect a certificate for `server_name`. A `command` probe
    runs in `directory` ("" for the current one) with `environment` (None for our own).
    """
    began = time.monotonic()
    try:
        if probe.http:
            ok, detail = await _ask_http(probe, address, client, server_name)
        elif probe.tcp is not None:
            ok, detail = await _connect(probe.tcp, address, probe.timeout)
        else:
            ok, detail = await _run(probe, environment, directory)
    except TimeoutError:
        ok, detail = False, f"no answer within {probe.timeout:g} s"
    return ProbeResult(ok, detail, time.monotonic() - began)


async def _ask_http(
    probe: Probe, address: Address | None, client: httpx.AsyncClient | None, server_name: str | None
) -> tuple[bool, str]:
    # Imported late because httpx costs its importer a tenth of a second, which the daemon's start has not got.
    from arena.health import http

    if address is None:
        raise ValueError("an http probe needs an address")
    return await http.get(address, probe.http, probe.timeout, client, server_name)


async def _connect(port: int, address: Address | None, timeout: float) -> tuple[bool, str]:
    if address is None:
        raise ValueError("a tcp probe needs an address")
    return await tcp.connect(address.host, port or address.port, timeout)


async def _run(probe: Probe, environment: Mapping[str, str] | None, directory: str) -> tuple[bool, str]:
    async with asyncio.timeout(probe.timeout):
        return await command.run(probe.command, environment, directory)
