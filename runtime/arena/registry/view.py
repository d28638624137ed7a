"""Entries as the HTTP API shows them."""

from __future__ import annotations

from itertools import groupby

from arena.registry.core import Registry
from arena.registry.entry import Entry


def services(registry: Registry) -> list[dict[str, object]]:
    """Every service with its instances, in order of name."""
    grouped = groupby(registry.entries, key=lambda entry: entry.registration.service)
    return [_service(name, list(entries), registry) for name, entries in grouped]


def service(registry: Registry, name: str) -> dict[str, object] | None:
    """One service with its instances; None when there is none."""
    entries = [entry for entry in registry.entries if entry.registration.service == name]
    return _service(name, entries, registry) if entries else None


def _service(name: str, entries: list[Entry], registry: Registry) -> dict[str, object]:
    return {"service": name, "instances": [_instance(entry, registry) for entry in entries]}


def _instance(entry: Entry, registry: Registry) -> dict[str, object]:
    told, remaining = entry.registration, registry.remaining(entry)
    return {
        "instance_id": told.instance,
        "url": told.address.url,
        "health": entry.health,
        "detail": entry.detail,
        "health_url": f"{told.check.address.url}{told.check.probe.http}" if told.check else None,
        "ttl_seconds": told.ttl,
        "expires_in_seconds": None if remaining is None else round(remaining, 3),
        "metadata": told.metadata,
    }
