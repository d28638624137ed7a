"""Mirrors: the section to the model, and the model as a section again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arena.model.mirror import Mirror

if TYPE_CHECKING:
    from arena.config.document.mirror import MirrorSection


def mirror(section: MirrorSection | None) -> Mirror | None:
    """The mirror, None where the file says nothing."""
    if section is None:
        return None
    return Mirror(section.service, section.percent, section.max_body_bytes, section.max_in_flight)


def shown(mirror: Mirror) -> dict[str, Any]:
    """The mirror as the section that reads back as it."""
    return {
        "service": mirror.service.replace("$", "$$"),
        "percent": f"{mirror.percent!r}%",
        "max_body_bytes": mirror.max_body_bytes,
        "max_in_flight": mirror.max_in_flight,
    }
