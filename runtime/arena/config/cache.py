"""The cache: the sections to the model, and the model as sections again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arena.config.state import HINT, may_have_store
from arena.model.cache import CacheRule, CacheSettings
from arena.model.store import EMBEDDED_BYTES

if TYPE_CHECKING:
    from arena.config.context import Reading
    from arena.config.document.cache import CacheSection


_MOST_EMBEDDED = EMBEDDED_BYTES // 4


def rule(section: CacheSection | None) -> CacheRule | None:
    """How a route keeps replies, None where the file says nothing."""
    if section is None:
        return None
    return CacheRule(
        ttl=section.ttl,
        max_body_bytes=section.max_body_bytes,
        vary=tuple(dict.fromkeys(section.vary)),
        stale_while_revalidate=section.stale_while_revalidate,
        stale_if_error=section.stale_if_error,
        per=section.per,
        coalesce=section.coalesce,
    )


def settings(reading: Reading) -> CacheSettings:
    """What the gateway gives the cache; a problem is reported for a store that is not there."""
    section = reading.document.gateway.cache
    if section.store == "state" and not may_have_store(reading):
        reading.problem(("gateway", "cache", "store"), "is state, and there is no state store", HINT)
    embedded = section.store == "state" and reading.document.state.valkey in (None, "embedded")
    if embedded and section.max_bytes > _MOST_EMBEDDED:
        reading.problem(
            ("gateway", "cache", "max_bytes"),
            "is more than the embedded store has room for beside the counts of limits: 64MB",
            "lower it, or name a server of your own: state: {valkey: redis://…}",
        )
    return CacheSettings(section.max_bytes, section.store)


def shown(rule: CacheRule) -> dict[str, Any]:
    """The rule as the section that reads back as it."""
    ttl = {} if rule.ttl is None else {"ttl": f"{rule.ttl!r}s"}
    return {
        **ttl,
        "max_body_bytes": rule.max_body_bytes,
        "vary": [name.replace("$", "$$") for name in rule.vary],
        "stale_while_revalidate": f"{rule.stale_while_revalidate!r}s",
        "stale_if_error": f"{rule.stale_if_error!r}s",
        "per": rule.per,
        "coalesce": rule.coalesce,
    }
