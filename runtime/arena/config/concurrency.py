"""Limits on requests under way: sections to the model, and the model as sections again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arena.model.concurrency import ConcurrencyLimit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from arena.config.document.concurrency import ConcurrencySection


PATIENCE = 1.0  # seconds in a queue


def concurrency(sections: Iterable[ConcurrencySection]) -> tuple[ConcurrencyLimit, ...]:
    """The limits that stand at one place."""
    return tuple(
        ConcurrencyLimit(
            each.max_in_flight, each.by or "", each.max_queue, each.queue_timeout or PATIENCE, each.enforce
        )
        for each in sections
    )


def shown(limits: Iterable[ConcurrencyLimit]) -> list[dict[str, Any]]:
    """The limits as the sections that read back as them."""
    return [_shown(limit) for limit in limits]


def _shown(limit: ConcurrencyLimit) -> dict[str, Any]:
    told: dict[str, Any] = {"max_in_flight": limit.max_in_flight, "enforce": limit.enforce}
    if limit.by:
        told["by"] = limit.by.replace("$", "$$")
    if limit.max_queue:
        told |= {"max_queue": limit.max_queue, "queue_timeout": f"{limit.queue_timeout!r}s"}
    return told
