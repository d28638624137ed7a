"""Retries: the sections to the model, and the model as a section again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from arena.config.document.resilience import CAUSES
from arena.model.resilience import Cause, Retries

if TYPE_CHECKING:
    from arena.config.document.resilience import RouteRetriesSection

_GROWTH = 10.0


def retries(section: RouteRetriesSection | None, base: Retries) -> Retries:
    """What the section says, and `base` for the rest."""
    if section is None:
        return base
    backoff = base.backoff if section.backoff is None else section.backoff
    longest = base.max_backoff if section.backoff is None else backoff * _GROWTH
    timeout = base.per_try_timeout if section.per_try_timeout is None else section.per_try_timeout
    return Retries(
        attempts=base.attempts if section.attempts is None else section.attempts,
        per_try_timeout=timeout,
        backoff=backoff,
        max_backoff=max(backoff, longest) if section.max_backoff is None else section.max_backoff,
        on=_causes(section, base, timeout),
        statuses=base.statuses
        if section.on is None
        else tuple(dict.fromkeys(int(i) for i in section.on if i.isdigit())),
    )


def shown(rule: Retries) -> dict[str, Any]:
    """The rule as the section that reads back as it."""
    section: dict[str, Any] = {
        "attempts": rule.attempts,
        "backoff": f"{rule.backoff!r}s",
        "max_backoff": f"{rule.max_backoff!r}s",
        "on": [*rule.on, *rule.statuses],
    }
    if rule.per_try_timeout is not None:
        section["per_try_timeout"] = f"{rule.per_try_timeout!r}s"
    return section


def _causes(section: RouteRetriesSection, base: Retries, timeout: float | None) -> tuple[Cause, ...]:
    if section.on is not None:
        return tuple(cast("Cause", one) for one in CAUSES if one in section.on)
    if timeout is not None and "timeout" not in base.on:
        return (*base.on, "timeout")
    return base.on
