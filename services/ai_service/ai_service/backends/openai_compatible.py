"""Any server that speaks OpenAI's chat completions: OpenAI itself, vLLM, Ollama, llama.cpp, another ai_service."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from ai_service.backends import upstream
from ai_service.backends.base import Answer
from ai_service.chat import Chat, Delta, Finish, ModelCard, Usage
from ai_service.failure import UpstreamFailed
from arena import sdk
from arena.sdk import Health

# Seconds. A model may think long before its first token and between two; a connection should come at once.
TIMEOUT = httpx.Timeout(120.0, connect=5.0)
HEALTH_TIMEOUT = 1.5
# The supervisor and the registry both ask every few seconds, in every replica: the model server is asked less often.
HEALTH_KEPT = 10.0


class OpenAICompatible:
    """`base_url` is what OpenAI's clients call so, with its `/v1`. The key never leaves but to it."""

    def __init__(self, base_url: str, api_key: str, model: str) -> None:
        self._base_url = base_url
        self._model = model
        headers = {"authorization": f"Bearer {api_key}"} if api_key else {}
        self._http = sdk.client(base_url=base_url, headers=headers, timeout=TIMEOUT)
        self._created = int(time.time())
        self._health = Health()
        self._asked = float("-inf")

    @property
    def card(self) -> ModelCard:
        # The origin without path or credentials: enough to know who answers.
        host = httpx.URL(self._base_url).host
        return ModelCard(self._model, "upstream", self._created, {"served_by": host, "runtime": "openai-compatible"})

    async def start(self) -> None:
        return

    async def close(self) -> None:
        await self._http.aclose()

    async def health(self) -> Health:
        """Degraded while the model server does not list its models: requests still get the reason as their answer."""
        if time.monotonic() - self._asked >= HEALTH_KEPT:
            self._asked = time.monotonic()
            self._health = await self._ask()
        return self._health

    async def generate(self, chat: Chat) -> Answer:
        try:
            async with self._answer(self._request(chat)) as response:
                events = _stream(response) if chat.stream else _whole(response)
                async for event in events:
                    yield event
        except httpx.HTTPError as error:
            raise upstream.silence(error) from error

    async def _ask(self) -> Health:
        try:
            response = await self._http.get("/models", timeout=HEALTH_TIMEOUT)
        except httpx.HTTPError as error:
            return Health("degraded", upstream.silence(error).detail)
        if response.is_success:
            return Health()
        return Health("degraded", upstream.refusal(response.status_code, _json(response.content)).detail)

    @asynccontextmanager
    async def _answer(self, request: dict[str, Any]) -> AsyncIterator[httpx.Response]:
        """A 200 whose body is still to be read. Asks a second time where only the limit's name was refused."""
        async with self._http.stream("POST", "/chat/completions", json=request) as response:
            if response.status_code == 200:
                yield response
                return
            body = _json(await response.aread())
        if "max_tokens" in request and upstream.wants_other_limit(response.status_code, body):
            limit = request.pop("max_tokens")
            async with self._answer({**request, "max_completion_tokens": limit}) as second:
                yield second
            return
        raise upstream.refusal(response.status_code, body, response.headers.get("retry-after", ""))

    def _request(self, chat: Chat) -> dict[str, Any]:
        sampling = chat.sampling
        optional = {
            "max_tokens": sampling.max_tokens,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "seed": sampling.seed,
            "stop": list(sampling.stop) or None,
            "presence_penalty": sampling.presence_penalty,
            "frequency_penalty": sampling.frequency_penalty,
            "stream_options": {"include_usage": True} if chat.stream else None,
        }
        messages = [{"role": m.role, "content": m.content} for m in chat.messages]
        asked = {name: value for name, value in optional.items() if value is not None}
        return {"model": self._model, "messages": messages, "stream": chat.stream, **asked}


async def _whole(response: httpx.Response) -> Answer:
    body = _json(await response.aread())
    try:
        choice = body["choices"][0]
        text, reason = choice["message"]["content"] or "", choice["finish_reason"]
    except (KeyError, IndexError, TypeError):
        raise UpstreamFailed("the model server's answer is not a chat completion") from None
    if text:
        yield Delta(text)
    yield Finish(reason or "stop", _usage(body))


async def _stream(response: httpx.Response) -> Answer:
    reason, usage = "", None
    async for chunk in _events(response):
        usage = _usage(chunk) or usage
        for choice in chunk.get("choices") or ():
            reason = choice.get("finish_reason") or reason
            if text := (choice.get("delta") or {}).get("content"):
                yield Delta(text)
    if not reason:
        raise UpstreamFailed("the model server's stream ended before its finish")
    yield Finish(reason, usage)


async def _events(response: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    """The JSON objects of a server-sent event stream, up to its [DONE]."""
    async for line in response.aiter_lines():
        if not line.startswith("data:"):
            continue
        data = line.removeprefix("data:").strip()
        if data == "[DONE]":
            return
        chunk = _json(data.encode())
        if not isinstance(chunk, dict):
            raise UpstreamFailed("the model server's stream holds something that is no JSON object")
        if "error" in chunk:
            raise UpstreamFailed(f"the model server failed half-way: {upstream.message(chunk)}")
        yield chunk


def _usage(body: dict[str, Any]) -> Usage | None:
    counts = body.get("usage")
    if not isinstance(counts, dict):
        return None
    prompt, completion = counts.get("prompt_tokens"), counts.get("completion_tokens")
    return Usage(prompt, completion) if isinstance(prompt, int) and isinstance(completion, int) else None


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None
