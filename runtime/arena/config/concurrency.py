"""Limits on requests under way: sections to the model, and the model as sections again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arena.model.concurrency import Adaptive, ConcurrencyLimit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from arena.config.document.concurrency import AdaptiveSection, ConcurrencySection


PATIENCE = 1.0  # seconds in a queue


def concurrency(sections: Iterable[ConcurrencySection]) -> tuple[ConcurrencyLimit, ...]:
    """The limits that stand at one place."""
    return tuple(
        ConcurrencyLimit(
            max_in_flight=each.max_in_flight or 0,
            by=each.by or "",
            max_queue=each.max_queue,
            queue_timeout=each.queue_timeout or PATIENCE,
            enforce=each.enforce,
            adaptive=None if each.adaptive is None else _adaptive(each.adaptive),
        )
        for each in sections
    )


def _adaptive(section: AdaptiveSection) -> Adaptive:
    return Adaptive(section.min, section.max, section.probe_interval)


def shown(limits: Iterable[ConcurrencyLimit]) -> list[dict[str, Any]]:
    """The limits as the sections that read back as them."""
    return [_shown(limit) for limit in limits]


def _shown(limit: ConcurrencyLimit) -> dict[str, Any]:
    told: dict[str, Any] = {"enforce": limit.enforce}
    if limit.adaptive is None:
        told["max_in_flight"] = limit.max_in_flight
    else:
        rule = limit.adaptive
        told["adaptive"] = {"min": rule.min, "max": rule.max, "probe_interval": f"{rule.probe_interval!r}s"}
    if limit.by:
        told["by"] = limit.by.replace("$", "$$")
    if limit.max_queue:
        told |= {"max_queue": limit.max_queue, "queue_timeout": f"{limit.queue_timeout!r}s"}
    return told
