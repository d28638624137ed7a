"""CORS rules: the section to the model, and the model as a section again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arena.model.cors import Cors

if TYPE_CHECKING:
    from arena.config.document.cors import CorsSection


def cors(section: CorsSection | None) -> Cors | None:
    """The rules, None where the file says nothing."""
    if section is None:
        return None
    return Cors(
        tuple(section.origins),
        tuple(section.methods),
        tuple(section.headers),
        tuple(section.expose),
        section.credentials,
        section.max_age,
    )


def shown(rules: Cors) -> dict[str, Any]:
    """The rules as the section that reads back as them."""
    lists = {name: list(getattr(rules, name)) for name in ("origins", "methods", "headers", "expose")}
    return {**lists, "credentials": rules.credentials, "max_age": f"{rules.max_age!r}s"}
