"""What every source of keys can do."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Protocol

from arena.auth.jwt import Verifier


@dataclass(frozen=True, slots=True)
class Condition:
    """How an issuer's keys are: how many, since when (seconds ago, None for never), and what is wrong ('' for nothing).
    `stale`: they are used although they should have been fetched again. `fetches` counts by result."""

    keys: int
    age: float | None
    error: str = ""
    stale: bool = False
    fetches: tuple[tuple[str, int], ...] = ()


class Source(Protocol):
    """Where the keys of one issuer come from."""

    verifier: Verifier

    async def refresh(self) -> bool:
        """Do what is due; called a few times a second. True when other keys are in force than the last time."""

    def renew(self) -> Awaitable[None] | None:
        """A token names a key that is not known: a wait for newer keys, None when there are none to be had now."""

    def take_over(self, before: Source) -> None:
        """Go on from the source of an earlier spec for the same issuer, if it had its keys from the same place."""

    def condition(self) -> Condition | None:
        """How the keys are; None when there is nothing to tell."""
