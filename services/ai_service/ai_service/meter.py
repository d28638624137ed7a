"""Runs a chat on a backend and counts what it cost."""

from __future__ import annotations

import time
from contextlib import aclosing

from prometheus_client import CollectorRegistry, Counter, Histogram

from ai_service.backends.base import Answer, Backend
from ai_service.chat import Chat, Finish
from ai_service.failure import InputTooLong

_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)


class Meter:
    """The one way from the APIs to the backend. Tokens are the model's own count; a generation that was left or failed has
    none, and is counted by its outcome."""

    def __init__(self, backend: Backend, max_input_length: int, registry: CollectorRegistry) -> None:
        self._backend = backend
        self._max_input_length = max_input_length
        self._prompt = Counter(
            "arena_ai_prompt_tokens", "Prompt tokens, as the model counts them.", ("model",), registry=registry
        )
        self._completion = Counter(
            "arena_ai_completion_tokens", "Generated tokens, as the model counts them.", ("model",), registry=registry
        )
        self._seconds = Histogram(
            "arena_ai_generation_seconds",
            "Time from asking the backend to its last piece, waiting included, by how it ended.",
            ("model", "outcome"),
            buckets=_BUCKETS,
            registry=registry,
        )

    async def run(self, chat: Chat) -> Answer:
        """The backend's answer to `chat`. Raises InputTooLong before asking it, and its own failures."""
        if chat.length > self._max_input_length:
            raise InputTooLong(f"the input has {chat.length} characters; at most {self._max_input_length} are accepted")
        began, outcome = time.perf_counter(), "abandoned"
        try:
            async with aclosing(self._backend.generate(chat)) as answer:
                async for event in answer:
                    if isinstance(event, Finish):
                        outcome = event.reason
                        self._count(event)
                    yield event
        except Exception:
            outcome = "failed"
            raise
        finally:
            self._seconds.labels(self._backend.card.id, outcome).observe(time.perf_counter() - began)

    def _count(self, finish: Finish) -> None:
        if finish.usage is not None:
            self._prompt.labels(self._backend.card.id).inc(finish.usage.prompt_tokens)
            self._completion.labels(self._backend.card.id).inc(finish.usage.completion_tokens)
