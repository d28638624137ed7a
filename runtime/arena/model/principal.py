"""Who asks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated caller. `expires_at` is Unix seconds, None for never; `token_id` is the `jti`, '' for none;
    `issued_at` is Unix seconds, 0 when the credential does not say."""

    subject: str
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    expires_at: float | None = None
    token_id: str = ""
    issued_at: float = 0.0
