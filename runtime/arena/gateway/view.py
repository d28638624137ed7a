"""The present spec and snapshot, and the swap: whatever changes, a new table is compiled and put in place at once."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from time import monotonic, time
from typing import TYPE_CHECKING, Literal

from arena.gateway.assembly import Assembler
from arena.gateway.filters.auth import Authenticator
from arena.gateway.lists.access import NOTE_SECONDS, Access
from arena.gateway.lists.chaos import Chaos
from arena.gateway.lists.followed import REFRESH_SECONDS
from arena.gateway.lists.orders import Orders
from arena.gateway.lists.purges import Purges
from arena.gateway.page.pages import Pages
from arena.gateway.plane import Plane
from arena.gateway.table.routing import Table
from arena.model.gateway import GatewaySpec
from arena.model.snapshot import Snapshot

if TYPE_CHECKING:
    from arena.gateway.connection.tls import Tls
    from arena.gateway.filters.breaker import RouteBreaker
    from arena.gateway.memory import Memory
    from arena.gateway.store.store import Store
    from arena.gateway.table.gate import Gate
    from arena.gateway.table.roster import Roster

Source = Literal["none", "file", "registry"]


_ASIDE_CONNECTIONS = 64


class View:
    """What the plane serves from. `stale`: there is a registry and we are out of touch with it. Not for use by
    several threads."""

    def __init__(self, plane: Plane, spec: GatewaySpec, snapshot: Snapshot | None, worker: str = "") -> None:
        """`snapshot` is the one that was kept in a file, if any; `worker` this process's name, '' if it has none."""
        self.plane = plane
        self.aside = Plane(spec.settings, None, _ASIDE_CONNECTIONS)
        """Answers the gateway's own pages and nothing else, apart from the traffic and not counted with it."""
        self.worker = worker
        self.snapshot = snapshot or Snapshot()
        self.source: Source = "none" if snapshot is None else "file"
        self._assembler = Assembler(plane.stats)
        self._connected = False
        self._confirmed_at: float | None = None
        self.spec = spec
        self.orders = Orders(spec.orders_file)
        self._assembler.obey(self.orders.rows)
        self.chaos = self._assembler.chaos = Chaos(spec.chaos_file)
        self.purges = Purges(spec.purges_file)
        self.access = Access(spec)
        self._authenticator: Authenticator
        self.use_spec(spec)

    @property
    def stale(self) -> bool:
        """True when what we serve from may no longer be so."""
        return bool(self.spec.registry_url) and not self._connected

    @property
    def gates(self) -> Sequence[Gate]:
        """Every limit on requests under way."""
        return self._assembler.gates.all()

    @property
    def store(self) -> Store | None:
        """Where limits are counted, None for the memory of this process."""
        return self._assembler.store

    @property
    def memory(self) -> Memory:
        """Kept replies, and requests with an idempotency key."""
        return self._assembler.memory

    @property
    def rosters(self) -> Collection[Roster]:
        """Every service there is now, with its endpoints."""
        return self._assembler.rosters

    @property
    def guards(self) -> Collection[RouteBreaker]:
        """The breakers of routes."""
        return self._assembler.guards

    def age(self) -> float:
        """Seconds since the registry last confirmed the snapshot; 0 while it is connected, infinite if it never did."""
        if self._connected:
            return 0.0
        return float("inf") if self._confirmed_at is None else monotonic() - self._confirmed_at

    def use_spec(self, spec: GatewaySpec) -> None:
        """Swap to other settings and routes. Raises ArenaError or ValueError and changes nothing when they cannot be
        used."""
        access = Access(spec)
        tls = self._tls_of(spec)
        self._assembler.use(spec)
        access.take_over(self.access)
        self.access = access
        self._assembler.introductions = access.introductions
        if spec.orders_file != self.spec.orders_file:
            self.orders = Orders(spec.orders_file)
            self._assembler.obey(self.orders.rows)
        if spec.chaos_file != self.spec.chaos_file:
            self.chaos = self._assembler.chaos = Chaos(spec.chaos_file)
        if spec.purges_file != self.spec.purges_file:
            self.purges = Purges(spec.purges_file)
        self._authenticator = Authenticator(access.issuers, time)
        self._authenticator.refuse(access.revoked)
        self._authenticator.ask(access.sources)
        if access.keys is not None:
            self._authenticator.accept(access.keys)
        if spec.settings.mtls:
            self._authenticator.believe_certificates()
        self.spec = spec
        self.plane.tls = tls
        self.plane.configure(spec.settings)
        self.aside.configure(spec.settings)
        self._swap()

    def _tls_of(self, spec: GatewaySpec) -> Tls | None:
        """What the listener shows; what it shows already, when nothing about it has changed."""
        settings, now = spec.settings.tls, self.plane.tls
        if settings is None:
            return None
        if now is not None and now.settings == settings:
            return now
        from arena.gateway.connection.tls import Tls  # only who speaks TLS pays for it

        return Tls(settings)

    async def follow_access(self) -> None:
        """Apply what is granted and withdrawn while we run, new certificates too, for ever."""
        note_at = monotonic() + NOTE_SECONDS
        while True:
            if await self.access.refresh():
                self._authenticator.forget()
            if self.plane.tls is not None:
                self.plane.tls.refresh()
            if monotonic() >= note_at:
                await self.access.note_uses()
                note_at = monotonic() + NOTE_SECONDS
            await asyncio.sleep(REFRESH_SECONDS)

    async def tend(self) -> None:
        """Let what moves between two swaps move, for ever."""
        while True:
            await asyncio.sleep(REFRESH_SECONDS)
            if await self.orders.refresh():
                self._assembler.obey(self.orders.rows, self.orders.resets())
            self._assembler.tend(monotonic())
            if await self.chaos.refresh():
                self._swap()

    async def follow_purges(self) -> None:
        """Forget kept replies when people say so, for ever."""
        while True:
            await self.purges.follow(self.memory)
            await asyncio.sleep(REFRESH_SECONDS)

    def use_snapshot(self, snapshot: Snapshot) -> None:
        """Swap to what the registry says now."""
        self.source = "registry"
        self.touch(connected=True)
        self.snapshot = snapshot
        self._swap()

    def touch(self, *, connected: bool) -> None:
        """The registry was heard (`connected`), or was lost."""
        if connected or self._connected:
            self._confirmed_at = monotonic()
        self._connected = connected

    def _swap(self) -> None:
        pages = Pages(self.plane, self, self._authenticator)
        self.plane.table = self._assembler.assemble(self.spec, self.snapshot, self._authenticator, pages.table())
        self.aside.table = Table([], pages.table(), self.aside.unread.stats, self.aside.unread.stats)
        self.plane.stats.swaps += 1
