"""POST /generate: Arena's own shape, one prompt in, one text out."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from ai_service.answering import streamed, whole
from ai_service.chat import Chat, Delta, Finish, Message, Sampling
from ai_service.meter import Meter
from ai_service.problem import problem_of

Stop = Annotated[str, Field(min_length=1, max_length=200)]


class GenerateRequest(BaseModel):
    """`prompt` becomes the user's turn of the model's chat template: the model follows instructions, it does not continue
    raw text. `stream` asks for server-sent events."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    prompt: Annotated[str, Field(min_length=1)]
    max_tokens: Annotated[int, Field(ge=1, le=2**31 - 1)] = 256
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.7
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] | None = None
    stop: Stop | Annotated[list[Stop], Field(max_length=4)] | None = None
    stream: bool = False

    def chat(self) -> Chat:
        stop = (self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ())
        sampling = Sampling(max_tokens=self.max_tokens, temperature=self.temperature, seed=self.seed, stop=stop)
        return Chat((Message("user", self.prompt),), sampling, self.stream)


class GenerateUsage(BaseModel):
    """Tokens, counted by the model; the prompt's include the chat template's."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class GenerateResponse(BaseModel):
    """`finish_reason` is "length" when `max_tokens` ended it, "stop" when the model or a stop string did."""

    id: str
    text: str
    model: str
    finish_reason: str
    usage: GenerateUsage | None


def router(meter: Meter, model: str) -> APIRouter:
    """The route, answered by `meter`; `model` is the name in every response."""
    routes = APIRouter()

    @routes.post("/generate", response_model=GenerateResponse)
    async def generate(body: GenerateRequest, request: Request) -> Response | GenerateResponse:
        identity = {"id": f"gen-{uuid.uuid4().hex}", "model": model}
        answer = meter.run(body.chat())
        if body.stream:
            return await streamed(answer, lambda event: _chunks(identity, event), problem_of)
        text, finish = await whole(request, answer)
        return GenerateResponse.model_validate({**identity, "text": text, **_end(finish)})

    return routes


def _chunks(identity: dict[str, str], event: Delta | Finish) -> Iterator[dict[str, Any]]:
    match event:
        case Delta(text):
            yield {**identity, "text": text}
        case Finish():
            yield {**identity, "text": "", **_end(event)}


def _end(finish: Finish) -> dict[str, Any]:
    return {"finish_reason": finish.reason, "usage": finish.usage.as_json() if finish.usage else None}
