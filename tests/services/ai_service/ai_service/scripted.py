"""A backend that plays back what it was given, for testing what stands in front of one."""

from __future__ import annotations

from ai_service.backends.base import Answer
from ai_service.chat import Chat, Delta, Finish, ModelCard
from ai_service.failure import Failure

from arena.sdk import Health


class Scripted:
    """Yields the events in turn; a Failure among them is raised. `closed` tells whether its answer was let go of."""

    def __init__(self, *events: Delta | Finish | Failure) -> None:
        self.events = events
        self.asked: list[Chat] = []
        self.closed = False

    @property
    def card(self) -> ModelCard:
        return ModelCard("scripted", "tests", 0, {})

    async def start(self) -> None:
        return

    async def close(self) -> None:
        return

    async def health(self) -> Health:
        return Health()

    async def generate(self, chat: Chat) -> Answer:
        self.asked.append(chat)
        try:
            for event in self.events:
                if isinstance(event, Failure):
                    raise event
                yield event
        finally:
            self.closed = True
