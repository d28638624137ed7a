"""Keeps the registry informed: register, heartbeat, register again when forgotten, deregister.

The registry may be away at any time; the registrar then tries again with growing pauses, and says so once.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from arena import tasks
from arena.model import registration
from arena.sdk.environment import Environment

if TYPE_CHECKING:
    import httpx

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 10.0
DEFAULT_HEARTBEAT = 5.0
# A registry that is slower than this is treated as away.
CALL_TIMEOUT = 3.0

_log = logging.getLogger("arena.sdk.registrar")


class Refused(Exception):
    """The registry answered, and did not accept; the message quotes it."""


class Registrar:
    """One instance's conversation with the registry. `registered` is True while the registry is believed to know it."""

    def __init__(self, environment: Environment, metadata: Mapping[str, object]) -> None:
        self.registered = False
        self._environment = environment
        self._metadata = metadata
        self._instance = environment.instance
        self._heartbeat = DEFAULT_HEARTBEAT
        self._complained = False

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Work in the background while the block runs, then deregister. Neither end waits long for the registry."""
        work = tasks.spawn(self._run(), name="arena-registrar")
        try:
            yield
        finally:
            await tasks.cancel(work)
            if self.registered:
                await self._deregister()

    async def _run(self) -> None:
        await self._listening()
        async with _client(self._environment) as http:
            while True:
                await self._insist(self._register, http)
                while self.registered:
                    await asyncio.sleep(self._heartbeat)
                    await self._insist(self._beat, http)

    async def _listening(self) -> None:
        """Wait until our own port accepts: an instance registered earlier would fail its first probe."""
        pause = 0.02
        while not await _accepts(self._environment.port):
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 1.0)

    async def _insist(self, call: Any, http: httpx.AsyncClient) -> None:
        """Repeat `call` until the registry has answered it well."""
        import httpx

        pause = FIRST_PAUSE
        while True:
            try:
                await call(http)
            except (httpx.HTTPError, httpx.InvalidURL, Refused) as error:
                self._complain(error)
            else:
                return
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # jitter, so that a fleet does not come back at once
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _register(self, http: httpx.AsyncClient) -> None:
        answer = await http.post(registration.COLLECTION, json=self._payload())
        if not answer.is_success:
            raise Refused(_quote(answer))
        lease = _object(answer)
        self._instance = str(lease.get("instance_id") or self._instance)
        self._heartbeat = _seconds(lease.get("heartbeat_seconds"))
        self._complained = False
        self.registered = True
        _log.info("registered", extra={"registry": self._environment.discovery_url})

    async def _beat(self, http: httpx.AsyncClient) -> None:
        answer = await http.put(f"{self._path}/heartbeat")
        if answer.status_code == 404:
            _log.warning("the registry has forgotten this instance; registering again")
            self.registered = False
        elif not answer.is_success:
            raise Refused(_quote(answer))
        else:
            self._complained = False

    async def _deregister(self) -> None:
        import httpx

        self.registered = False
        try:
            async with _client(self._environment) as http:
                answer = await http.delete(self._path)
        except httpx.HTTPError as error:
            _log.warning("could not deregister", extra={"reason": repr(error)})
        else:
            _log.info("deregistered", extra={"registry_status": answer.status_code})

    def _payload(self) -> dict[str, object]:
        here = self._environment
        health = f"{here.url}/health"
        return registration.payload(here.service, here.instance, here.url, self._metadata, health_url=health)

    @property
    def _path(self) -> str:
        return registration.path(self._environment.service, self._instance)

    def _complain(self, error: Exception) -> None:
        if not self._complained:
            where = self._environment.discovery_url
            _log.warning(
                "the registry does not answer well; still trying", extra={"registry": where, "reason": repr(error)}
            )
        self._complained = True


def _client(environment: Environment) -> httpx.AsyncClient:
    import httpx

    from arena.sdk.service_call import registry_auth

    # trust_env=False: the registry is on this machine, and a proxy from the environment must not come between.
    return httpx.AsyncClient(
        base_url=environment.discovery_url,
        auth=registry_auth(environment),
        timeout=CALL_TIMEOUT,
        trust_env=False,
    )


async def _accepts(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _seconds(value: object) -> float:
    """A heartbeat interval the registry asked for, unless it makes no sense."""
    return float(value) if isinstance(value, int | float) and 0 < value <= 300 else DEFAULT_HEARTBEAT


def _quote(answer: httpx.Response) -> str:
    return f"HTTP {answer.status_code}: {answer.text[:200]}"
