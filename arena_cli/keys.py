"""API keys of a project: made, listed and taken back. The running gateway follows within a second."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from arena.auth import api_key
from arena.auth.api_key import ApiKey, KeyUse
from arena.auth.ledger import Ledger
from arena.errors import UsageError
from arena.model.layout import StateLayout
from arena.model.project import Project


@dataclass(frozen=True, slots=True)
class CreatedKey:
    """A new key, which nobody can show again. Times in Unix seconds, `expires_at` None for never."""

    key: str
    id: str
    name: str
    roles: tuple[str, ...]
    created_at: float
    expires_at: float | None


@dataclass(frozen=True, slots=True)
class ListedKey:
    """What is known of a key. `last_used_at` None for never used."""

    id: str
    name: str
    roles: tuple[str, ...]
    created_at: float
    expires_at: float | None
    last_used_at: float | None


def create(project: Project, *, name: str, roles: Sequence[str], ttl: float | None) -> CreatedKey:
    """Make a key. `ttl` in seconds, None for ever. Raises UsageError, ConfigError."""
    from arena.daemon import launch

    key, kept = api_key.create(name, roles, ttl)
    layout = StateLayout.of(project.directory, project.name)
    launch.prepare(layout)
    _keys(layout).update(lambda keys: (*keys, kept))
    return CreatedKey(key, kept.key_id, kept.name, kept.roles, kept.created_at, kept.expires_at)


def listing(layout: StateLayout) -> tuple[ListedKey, ...]:
    """Every key that was not revoked, the oldest first, those that have expired included."""
    used = {use.key_id: use.at for use in Ledger(layout.api_keys_used, KeyUse).read()}
    return tuple(
        ListedKey(key.key_id, key.name, key.roles, key.created_at, key.expires_at, used.get(key.key_id))
        for key in _keys(layout).read()
    )


def revoke(layout: StateLayout, word: str) -> ApiKey:
    """Take back the key with this id or, where it has only one key, this name. Raises UsageError when there is none, or
    when the name has several."""
    chosen = _choose(_keys(layout).read(), word)
    _keys(layout).update(lambda keys: [key for key in keys if key.key_id != chosen.key_id])
    return chosen


def _choose(keys: Sequence[ApiKey], word: str) -> ApiKey:
    by_id = [key for key in keys if key.key_id == word]
    found = by_id or [key for key in keys if key.name == word]
    if not found:
        raise UsageError(f"there is no API key {word!r:.60}", hint="`arena key list` shows what there is")
    if len(found) > 1:
        ids = ", ".join(key.key_id for key in found)
        raise UsageError(f"{word!r:.60} has {len(found)} keys", hint=f"name one by its id: {ids}")
    return found[0]


def _keys(layout: StateLayout) -> Ledger[ApiKey]:
    return Ledger(layout.api_keys, ApiKey)
