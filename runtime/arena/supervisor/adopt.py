"""Rebuilds truth from the records and the world, after an earlier supervisor died or let go."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from arena.model.event import Event
from arena.supervisor.company import Company
from arena.supervisor.instance import Instance
from arena.supervisor.keeper import World
from arena.supervisor.records import Record


async def adopt(records: Sequence[Record], company: Company, world: World) -> tuple[str, ...]:
    """Keep what still runs and end what must not; returns the names of the adopted instances.

    A recorded process is known by pid *and* birth. What belongs to the project but to no adopted run is ended: it was started
    by a supervisor that died before it could record it, or was left behind by a run that is over. One that has a successor is
    given its time.
    """
    adopted = [record for record in records if _lives_on(record, world)]
    over = [record for record in records if record not in adopted]
    for record in over:
        company.add(_epitaph(record.instance()))
    await asyncio.gather(*(world.backend.stop(r.handle, r.workload.stop_grace_period) for r in over if r.handle))
    known = {handle.run for record in adopted for handle in (record.handle, *record.leaving) if handle}
    for stray in await world.backend.sweep(known):
        world.emit(Event(world.clock.now(), "killed", detail=f"{stray}, left over from an earlier run"))
    for record in over:
        world.logs.finish(record.instance().name)
    keepers = [company.add(record.instance()) for record in adopted]
    await asyncio.gather(*(keeper.adopt() for keeper in keepers))
    world.changed()
    return tuple(keeper.name for keeper in keepers)


def _lives_on(record: Record, world: World) -> bool:
    """One that was completed or failed is not adopted even if something of it lives: its end was decided."""
    decided = record.status in ("completed", "failed", "stopped")
    return record.handle is not None and not decided and world.backend.alive(record.handle)


def _epitaph(instance: Instance) -> Instance:
    """What is known of one that did not live on."""
    if not instance.active:
        return replace(instance, handle=None)
    return replace(instance, status="stopped", handle=None, detail="ended while no daemon was watching")
