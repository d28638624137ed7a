"""The http probe: 2xx and 3xx are healthy, redirects are not followed."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from socket import gaierror

import httpx

from arena.health.trust import explain
from arena.model.address import Address

_MOST_OF_A_BODY = 16 * 1024  # a health answer is short; what comes after is not worth the wait


def open_client(context: ssl.SSLContext | None = None) -> httpx.AsyncClient:
    """A client fit for probes: no proxies from the environment, no cookies kept, a new connection for each question, so
    that an instance which accepts no more connections is noticed. The timeout is the probe's, around the whole exchange.
    `context` None: servers are believed when the system's authorities vouch for them."""
    return httpx.AsyncClient(
        verify=True if context is None else context,
        trust_env=False,
        follow_redirects=False,
        timeout=None,
        limits=httpx.Limits(max_keepalive_connections=0),
        headers={"user-agent": "arena-probe", "accept": "*/*", "connection": "close"},
    )


async def get(
    address: Address, path: str, timeout: float, client: httpx.AsyncClient | None = None, server_name: str | None = None
) -> tuple[bool, str]:
    """Ask `path` at `address`; returns (healthy, what was seen). `server_name` is the one its certificate must be for, None for
    that of the address. Raises TimeoutError after `timeout` seconds, which are
    counted for the whole exchange, but not for making a client."""
    if client is None:
        async with open_client() as own:
            return await get(address, path, timeout, own, server_name)
    # httpcore loses the socket of a TLS handshake that is cancelled, not of one that times out: let it time out first.
    limits = httpx.Timeout(None, connect=timeout * 0.9)
    try:
        asked = client.stream("GET", address.url + path, timeout=limits, extensions=_naming(server_name))
        async with asyncio.timeout(timeout), asked as answer:
            await _skim(answer)
    except httpx.ConnectTimeout:
        raise TimeoutError from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return False, _explain(error, address, path)
    return answer.status_code < 400, f"GET {path}: {answer.status_code}"


def _naming(server_name: str | None) -> dict[str, str]:
    return {"sni_hostname": server_name} if server_name else {}


async def _skim(answer: httpx.Response) -> None:
    """Read the body as far as it matters: one that breaks off or never ends is no answer."""
    seen = 0
    async for piece in answer.aiter_raw():
        seen += len(piece)
        if seen > _MOST_OF_A_BODY:
            return


def _explain(error: Exception, address: Address, path: str) -> str:
    for cause in _causes(error):
        if isinstance(cause, ConnectionRefusedError):
            return f"connection refused on {address.authority}"
        if isinstance(cause, gaierror):
            return f"no such host: {address.host}"
        if isinstance(cause, ssl.SSLError):
            return f"TLS with {address.authority} failed: {explain(cause)}"
    if isinstance(error, httpx.ConnectError):
        return f"no connection to {address.authority}: {error}"
    if isinstance(error, httpx.RemoteProtocolError):
        return f"GET {path}: not a whole HTTP answer ({error})"
    return f"GET {path}: connection lost ({error or type(error).__name__})"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what it came from, through exception groups: two address families may have been tried."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for part in error.exceptions:
                yield from _causes(part)
        error = error.__cause__ or error.__context__
