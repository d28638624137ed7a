"""Asks every entry that has a check, and says when its health changes."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING

from arena import tasks
from arena.clock import Clock
from arena.health import probe
from arena.health.monitor import Monitor
from arena.health.probe import ProbeResult
from arena.health.trust import Trust, TrustFile, explain
from arena.model.snapshot import EndpointHealth
from arena.policy.threshold import State
from arena.registry.entry import Check, Entry

if TYPE_CHECKING:
    import httpx

Key = tuple[str, str]
OnHealth = Callable[[Key, EndpointHealth, str], None]

_HEALTH: dict[State, EndpointHealth] = {"starting": "unknown", "in": "passing", "out": "failing"}
_STATE: dict[EndpointHealth, State] = {health: state for state, health in _HEALTH.items()}


class Checker:
    """One monitor per entry with a check. `on_health` is called with each change and what was seen."""

    def __init__(self, on_health: OnHealth, clock: Clock, trusts: TrustFile | None = None) -> None:
        self._on_health = on_health
        self._clock = clock
        self._running: dict[Key, tuple[Check, asyncio.Task[None]]] = {}
        self._trusts = trusts or TrustFile(None)
        self._clients: dict[ssl.SSLContext | None, httpx.AsyncClient] = {}

    def watch(self, entry: Entry) -> None:
        """Check this entry from now on, beginning at the health it has; asked the same again, nothing changes."""
        key, check = entry.registration.key, entry.registration.check
        known = self._running.get(key)
        if known is not None and known[0] == check:
            return
        self.forget(key)
        if check is not None:
            work = self._monitor(key, check, _STATE[entry.health]).run()
            self._running[key] = check, tasks.spawn(work, name=f"check of {'/'.join(key)}")

    def forget(self, key: Key) -> None:
        """Stop checking; unknown keys are ignored."""
        known = self._running.pop(key, None)
        if known is not None:
            known[1].cancel()

    async def close(self) -> None:
        """Stop every check."""
        await tasks.cancel(*(task for _, task in self._running.values()))
        self._running.clear()
        for client in self._clients.values():
            await client.aclose()
        self._clients.clear()

    def _monitor(self, key: Key, check: Check, state: State) -> Monitor:
        async def ask() -> ProbeResult:
            trust = self._trusts.of(key[0])
            try:
                client = self._client(trust if check.probe.http and check.address.scheme == "https" else None)
            except OSError as error:
                return ProbeResult(False, explain(error))
            return await probe.ask(check.probe, check.address, client=client, server_name=trust.server_name)

        known = state

        def report(state: State, result: ProbeResult) -> None:
            nonlocal known
            if state != known:
                known = state
                self._on_health(key, _HEALTH[state], result.detail)

        return Monitor(check.probe, ask, report, state=state, clock=self._clock)

    def _client(self, trust: Trust | None) -> httpx.AsyncClient:
        """One for all who are believed for the same reasons. Raises OSError when the files of `trust` cannot be used."""
        context = None if trust is None else trust.context
        if context not in self._clients:
            from arena.health import http

            self._clients[context] = http.open_client(context)
        return self._clients[context]
