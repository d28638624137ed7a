"""Where counts are kept that gateway workers share."""

from __future__ import annotations

from dataclasses import replace

from arena.config.context import Reading
from arena.config.document.route import RateLimitSection
from arena.config.tree import Path
from arena.model.project import Project, StateSettings
from arena.model.store import StoreAddress

HINT = "add state: {valkey: embedded}, or remove it"


def state(reading: Reading) -> StateSettings:
    """What `state` says; a problem is reported for what only makes sense with a store."""
    where = reading.document.state.valkey
    if where is None:
        if not may_have_store(reading):
            _check_no_store(reading)
        return StateSettings()
    return StateSettings(embedded=True) if where == "embedded" else StateSettings(address=StoreAddress.parse(where))


def may_have_store(reading: Reading) -> bool:
    """Whether the file names a store, or has several workers, who are given one where they need it."""
    return reading.document.state.valkey is not None or reading.document.gateway.workers > 1


def together(project: Project) -> Project:
    """Several workers, each with a memory of its own, would let pass several times what a limit says, and carry out
    several times what is to be done once: where the file names no store, they share one of Arena's own."""
    if project.gateway.workers > 1 and project.state == StateSettings() and _counts(project):
        return replace(project, state=StateSettings(embedded=True))
    return project


def _counts(project: Project) -> bool:
    gateway = project.gateway
    routes = [route for service in project.services for route in service.routes]
    return (
        bool(gateway.rate_limits)
        or gateway.cache.store == "state"
        or any(route.rate_limits or route.idempotency for route in routes)
    )


def _check_no_store(reading: Reading) -> None:
    document = reading.document
    places: list[tuple[Path, list[RateLimitSection]]] = [(("gateway",), document.gateway.rate_limits)]
    for name, service in document.services.items():
        places += [
            (("services", name, "routes", index), route.rate_limits) for index, route in enumerate(service.routes)
        ]
    for place, sections in places:
        for index, section in enumerate(sections):
            if section.on_store_error is not None:
                path = (*place, "rate_limits", index, "on_store_error")
                reading.problem(path, "has no meaning without a state store", HINT, key=True)
