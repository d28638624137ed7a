"""One question to one instance, answered within its timeout."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from arena.health import command
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
) -> ProbeResult:
    """Ask once. Whatever goes wrong on the other side is a result; only cancellation and mistakes of the caller raise.

    An `http` probe needs `address` and may share a `client` made by `http.open_client`; a `command` probe runs in
    `directory` ("" for the current one) with `environment` (None for our own).
    """
    began = time.monotonic()
    try:
        ok, detail = await (_ask_http(probe, address, client) if probe.http else _run(probe, environment, directory))
    except TimeoutError:
        ok, detail = False, f"no answer within {probe.timeout:g} s"
    return ProbeResult(ok, detail, time.monotonic() - began)


async def _ask_http(probe: Probe, address: Address | None, client: httpx.AsyncClient | None) -> tuple[bool, str]:
    # Imported late because httpx costs its importer a tenth of a second, which the daemon's start has not got.
    from arena.health import http

    if address is None:
        raise ValueError("an http probe needs an address")
    return await http.get(address, probe.http, probe.timeout, client)


async def _run(probe: Probe, environment: Mapping[str, str] | None, directory: str) -> tuple[bool, str]:
    async with asyncio.timeout(probe.timeout):
        return await command.run(probe.command, environment, directory)
