"""/v1: chat completions and models, as OpenAI's own client expects them.

Source: https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from ai_service.answering import streamed, whole
from ai_service.chat import Delta, Finish, ModelCard
from ai_service.failure import ModelUnknown
from ai_service.meter import Meter
from ai_service.openai_schema import ChatRequest
from ai_service.problem import openai_of


def router(meter: Meter, card: Callable[[], ModelCard]) -> APIRouter:
    """The routes, answered by `meter`; `card` says what the one model is."""
    routes = APIRouter(prefix="/v1")

    @routes.get("/models")
    async def models() -> dict[str, Any]:
        return {"object": "list", "data": [_model(card())]}

    @routes.get("/models/{name:path}")
    async def model(name: str) -> dict[str, Any]:
        return _model(_known(name, card()))

    @routes.post("/chat/completions", response_model=None)
    async def chat_completions(body: ChatRequest, request: Request) -> Response:
        served = _known(body.model or card().id, card())
        common = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": served.id}
        answer = meter.run(body.chat())
        if body.stream:
            writer = _ChunkWriter(common, body.include_usage)
            return await streamed(answer, writer.write, openai_of)
        text, finish = await whole(request, answer)
        return JSONResponse(_completion(common, text, finish))

    return routes


class _ChunkWriter:
    """Writes events as `chat.completion.chunk` objects: the role first, the finish last, usage after it when asked."""

    def __init__(self, common: dict[str, Any], include_usage: bool) -> None:
        # With include_usage every chunk has the key, null in all but the last.
        usage = {"usage": None} if include_usage else {}
        self._common = {**common, "object": "chat.completion.chunk", **usage}
        self._include_usage = include_usage
        self._began = False

    def write(self, event: Delta | Finish) -> Iterator[dict[str, Any]]:
        if not self._began:
            self._began = True
            yield self._chunk({"role": "assistant", "content": ""}, None)
        match event:
            case Delta(text):
                yield self._chunk({"content": text}, None)
            case Finish(reason, usage):
                yield self._chunk({}, reason)
                if self._include_usage:
                    yield {**self._common, "choices": [], "usage": usage.as_json() if usage else None}

    def _chunk(self, delta: dict[str, str], reason: str | None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return {**self._common, "choices": [choice]}


def _completion(common: dict[str, Any], text: str, finish: Finish) -> dict[str, Any]:
    message = {"role": "assistant", "content": text, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish.reason}
    usage = finish.usage.as_json() if finish.usage else None
    return {**common, "object": "chat.completion", "choices": [choice], "usage": usage}


def _known(name: str, card: ModelCard) -> ModelCard:
    if name != card.id:
        raise ModelUnknown(f"the model {name!r} is not served here; {card.id!r} is", param="model")
    return card


def _model(card: ModelCard) -> dict[str, Any]:
    return {
        "id": card.id,
        "object": "model",
        "created": card.created,
        "owned_by": card.owned_by,
        "metadata": card.facts,
    }
