"""Does a service refuse those that its `allow_from` does not name? Asked, not believed.

Arena cannot stand between two processes of one machine: a service must refuse by itself, and one that was written without the
sdk may not. So each instance is asked for something nobody has, without a token: whoever answers that with anything but a
refusal lets everybody in.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from arena.model.address import Address

PATH = "/.arena/is-anybody-let-in"
_PATIENCE = 1.0  # seconds
_REFUSALS = (401, 403, 503)  # 503: nobody's identity can be checked, so nobody is let in


async def open_doors(instances: Mapping[str, Address]) -> dict[str, str]:
    """What is wrong, by the names of instances; nothing is said of one that does not answer."""
    if not instances:
        return {}
    import httpx  # it costs its importer a tenth of a second, which the daemon's start has not got

    from arena.health.http import open_client

    async with open_client() as client:

        async def ask(address: Address) -> str:
            try:
                async with asyncio.timeout(_PATIENCE):
                    answer = await client.get(address.url + PATH)
            except (TimeoutError, httpx.HTTPError, httpx.InvalidURL):
                return ""
            if answer.status_code in _REFUSALS:
                return ""
            return f"allow_from is not enforced: a caller without a token was answered {answer.status_code}, not 401"

        told = await asyncio.gather(*map(ask, instances.values()))
    return {name: trouble for name, trouble in zip(instances, told, strict=True) if trouble}
