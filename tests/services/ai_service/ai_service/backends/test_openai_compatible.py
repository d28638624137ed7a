"""A model server that misbehaves: real sockets, canned bytes. That a good one works is the contract's business."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace

import httpx
import pytest
from ai_service.backends import openai_compatible
from ai_service.backends.openai_compatible import OpenAICompatible
from ai_service.chat import Chat, Delta, Finish, Message, Sampling, Usage
from ai_service.failure import (
    Failure,
    RateLimited,
    RequestRefused,
    Unavailable,
    UpstreamFailed,
    UpstreamTimeout,
)

from arena.sdk.request import enter

CHAT = Chat((Message("system", "s"), Message("user", "u")), Sampling(max_tokens=3, temperature=0.5, stop=("x",)))
STREAM = replace(CHAT, stream=True)
GOOD = {"choices": [{"message": {"content": "yes"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 1}}


def reply(status: int, body: object, *headers: str) -> bytes:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} X", f"content-length: {len(content)}", "connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def sse(*items: object) -> bytes:
    return b"".join(b"data: %s\n\n" % (i if isinstance(i, bytes) else json.dumps(i).encode()) for i in items)


def piece(text: str, reason: str | None = None) -> dict[str, object]:
    return {"choices": [{"delta": {"content": text}, "finish_reason": reason}]}


@dataclass
class Stub:
    """Gives one canned reply after another, the last one for ever; None is silence."""

    replies: list[bytes | None] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    bodies: list[dict[str, object]] = field(default_factory=list)
    url: str = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = head.partition("content-length: ")[2].partition("\r")[0]
        content = await reader.readexactly(int(length or 0))
        self.heads.append(head)
        self.bodies.append(json.loads(content) if content else {})
        canned = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if canned is None:
            await reader.read()
        else:
            writer.write(canned)
        writer.close()


@pytest.fixture
async def stub() -> AsyncIterator[Stub]:
    made = Stub()
    server = await asyncio.start_server(made.answer, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    yield made
    server.close()
    await server.wait_closed()


Connect = Callable[[str], OpenAICompatible]


@pytest.fixture
async def connect(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Connect]:
    monkeypatch.setattr(openai_compatible, "TIMEOUT", httpx.Timeout(0.5))
    monkeypatch.setattr(openai_compatible, "HEALTH_TIMEOUT", 0.5)
    made: list[OpenAICompatible] = []

    def connecting(url: str) -> OpenAICompatible:
        made.append(OpenAICompatible(url, "sk-secret", "big-model"))
        return made[-1]

    yield connecting
    for backend in made:
        await backend.close()


async def ask(backend: OpenAICompatible, chat: Chat) -> list[Delta | Finish]:
    return [event async for event in backend.generate(chat)]


async def test_what_is_sent(stub: Stub, connect: Connect) -> None:
    stub.replies = [reply(200, GOOD)]
    enter([(b"x-request-id", b"r1")])
    await ask(connect(stub.url), CHAT)
    assert stub.bodies == [
        {
            "model": "big-model",
            "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}],
            "stream": False,
            "max_tokens": 3,
            "temperature": 0.5,
            "stop": ["x"],
        }
    ]
    assert stub.heads[0].startswith("post /v1/chat/completions ")
    assert "authorization: bearer sk-secret" in stub.heads[0]
    assert "x-request-id: r1" in stub.heads[0]
    assert "traceparent: 00-" in stub.heads[0]


async def test_usage_the_server_does_not_give_is_not_invented(stub: Stub, connect: Connect) -> None:
    stub.replies = [reply(200, GOOD)]
    assert await ask(connect(stub.url), CHAT) == [Delta("yes"), Finish("stop", None)]


async def test_a_stream(stub: Stub, connect: Connect) -> None:
    usage = {"choices": [], "usage": {"prompt_tokens": 4, "completion_tokens": 2}}
    stub.replies = [reply(200, b": comment\n\n" + sse(piece("a"), piece("b"), piece("", "length"), usage, b"[DONE]"))]
    assert await ask(connect(stub.url), STREAM) == [Delta("a"), Delta("b"), Finish("length", Usage(4, 2))]
    assert stub.bodies[0]["stream_options"] == {"include_usage": True}


async def test_a_model_with_the_newer_name_for_its_limit(stub: Stub, connect: Connect) -> None:
    refusal = {"error": {"message": "use the other", "param": "max_tokens", "code": "unsupported_parameter"}}
    stub.replies = [reply(400, refusal), reply(200, GOOD)]
    assert (await ask(connect(stub.url), CHAT))[0] == Delta("yes")
    assert "max_tokens" not in stub.bodies[1]
    assert stub.bodies[1]["max_completion_tokens"] == 3


@pytest.mark.parametrize(
    ("canned", "kind"),
    [
        (reply(400, {"error": {"message": "no"}}), RequestRefused),
        (reply(401, {"error": {"message": "no"}}), UpstreamFailed),
        (reply(404, b""), UpstreamFailed),
        (reply(429, {"error": {"message": "no"}}, "retry-after: 9"), RateLimited),
        (reply(500, b"<html>"), UpstreamFailed),
        (reply(503, {"error": {"message": "loading"}}), Unavailable),
        (reply(200, b"<html>"), UpstreamFailed),
        (reply(200, {"choices": []}), UpstreamFailed),
        (reply(200, []), UpstreamFailed),
        (reply(200, GOOD)[:-5], UpstreamFailed),
        (b"", UpstreamFailed),
        (b"SSH-2.0-OpenSSH\r\n", UpstreamFailed),
        (None, UpstreamTimeout),
    ],
)
async def test_a_server_that_fails(stub: Stub, connect: Connect, canned: bytes | None, kind: type[Failure]) -> None:
    stub.replies = [canned]
    with pytest.raises(Failure) as caught:
        await ask(connect(stub.url), CHAT)
    assert type(caught.value) is kind
    assert "sk-secret" not in caught.value.detail
    assert caught.value.retry_after == (9 if kind is RateLimited else None)


@pytest.mark.parametrize(
    "items",
    [
        (piece("a"),),
        (piece("a"), b"[DONE]"),
        (piece("a"), b"{half"),
        (piece("a"), {"error": {"message": "out of memory"}}),
    ],
)
async def test_a_stream_that_breaks_off_is_never_a_finish(stub: Stub, connect: Connect, items: tuple[object]) -> None:
    stub.replies = [reply(200, sse(*items))]
    seen = []
    with pytest.raises(UpstreamFailed):
        async for event in connect(stub.url).generate(STREAM):
            seen.append(event)
    assert seen == [Delta("a")]


async def test_nobody_there(connect: Connect) -> None:
    backend = connect("http://127.0.0.1:1/v1")
    with pytest.raises(UpstreamFailed, match="cannot be reached; check ARENA_AI_BASE_URL"):
        await ask(backend, CHAT)
    report = await backend.health()
    assert (report.status, "cannot be reached" in report.detail) == ("degraded", True)


async def test_health_asks_the_server_now_and_then(
    stub: Stub, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.replies = [reply(401, {}), reply(200, {"data": []})]
    backend = connect(stub.url)
    assert (await backend.health()).status == "degraded"
    assert (await backend.health()).status == "degraded"
    assert len(stub.heads) == 1
    monkeypatch.setattr(openai_compatible, "HEALTH_KEPT", 0.0)
    assert (await backend.health()).status == "healthy"
    assert stub.heads[1].startswith("get /v1/models ")


def test_the_card_names_the_host_and_no_more(connect: Connect) -> None:
    card = connect("https://user:pw@models.example/v1").card
    assert card.id == "big-model"
    assert card.facts["served_by"] == "models.example"
    assert "pw" not in str(card)
