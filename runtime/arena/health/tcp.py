"""The tcp probe: to accept a connection is healthy. Nothing is sent."""

from __future__ import annotations

import asyncio
import os
from socket import gaierror


async def connect(host: str, port: int, timeout: float) -> tuple[bool, str]:
    """Open a connection and close it again; returns (healthy, what was seen). Raises TimeoutError after `timeout` seconds."""
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        async with asyncio.timeout(timeout):
            _, writer = await asyncio.open_connection(host, port)
    except gaierror:
        return False, f"no such host: {host}"
    except ConnectionRefusedError:
        return False, f"connection refused on {place}"
    except TimeoutError:
        raise  # an OSError too
    except OSError as error:
        return False, f"no connection to {place}: {_reason(error)}"
    writer.transport.abort()  # nothing was sent that could be lost
    return True, f"{place} accepts connections"


def _reason(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
