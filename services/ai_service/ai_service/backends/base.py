"""The interface every backend keeps; `tests/services/ai_service/backends/test_contract.py` holds each to it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol

from ai_service.chat import Chat, Delta, Finish, ModelCard
from arena.sdk import Health

Answer = AsyncGenerator[Delta | Finish, None]


class Backend(Protocol):
    """A source of text. Its lifetime is one `start` … `close`; `generate` may be called by many at once."""

    @property
    def card(self) -> ModelCard:
        """What the model is."""
        ...

    async def start(self) -> None:
        """Get ready. What cannot be had is told by `health` and by `generate`, not raised here."""
        ...

    async def close(self) -> None:
        """Let go of everything, whether or not `start` succeeded."""
        ...

    async def health(self) -> Health:
        """Whether `generate` would work, without generating."""
        ...

    def generate(self, chat: Chat) -> Answer:
        """Deltas as they come, then exactly one Finish. Raises Failure. Closing the answer stops the generation."""
        ...
