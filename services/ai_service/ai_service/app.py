"""The service put together: settings → backend → meter → the two APIs → Arena's sdk."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from ai_service import generate_api, openai_api, problem
from ai_service.backends.base import Backend
from ai_service.meter import Meter
from ai_service.settings import Settings
from arena import sdk

VERSION = "1.0.0"
CAPABILITIES = ("text_generation", "chat_completions", "streaming")


def build(settings: Settings) -> FastAPI:
    """The app for `uvicorn main:app`."""
    backend = choose(settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        try:
            await backend.start()
            yield
        finally:
            await backend.close()

    app = FastAPI(title="ai_service", version=VERSION, lifespan=lifespan)
    problem.install(app)
    card = backend.card
    described = {"model": {"id": card.id, **card.facts}}
    arena = sdk.attach(app, version=VERSION, capabilities=CAPABILITIES, metadata=described, health=backend.health)
    meter = Meter(backend, settings.max_input_length, arena.metrics)
    app.include_router(generate_api.router(meter, card.id))
    app.include_router(openai_api.router(meter, lambda: backend.card))
    return app


def choose(settings: Settings) -> Backend:
    """The backend the settings ask for. Only that one is imported: neither httpx nor llama.cpp is cheap."""
    if settings.base_url:
        from ai_service.backends.openai_compatible import OpenAICompatible

        return OpenAICompatible(settings.base_url, settings.api_key, settings.model)
    from ai_service.backends.embedded import Embedded

    return Embedded()
