"""Idempotency keys: the section to the model, and the model as a section again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arena.model.idempotency import IdempotencyRule

if TYPE_CHECKING:
    from arena.config.document.idempotency import IdempotencySection


def rule(section: IdempotencySection | None) -> IdempotencyRule | None:
    """What a route does with keys, None where the file says nothing."""
    if section is None:
        return None
    return IdempotencyRule(
        ttl=section.ttl,
        header=section.header,
        required=section.required,
        methods=tuple(dict.fromkeys(section.methods)),
        max_reply_bytes=section.max_reply_bytes,
        keep_errors=section.keep_errors,
        on_store_error=section.on_store_error,
    )


def shown(rule: IdempotencyRule) -> dict[str, Any]:
    """The rule as the section that reads back as it."""
    return {
        "ttl": f"{rule.ttl!r}s",
        "header": rule.header.replace("$", "$$"),
        "required": rule.required,
        "methods": list(rule.methods),
        "max_reply_bytes": rule.max_reply_bytes,
        "keep_errors": rule.keep_errors,
        "on_store_error": rule.on_store_error,
    }
