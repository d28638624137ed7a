"""/v1 through the official `openai` client, on the running service with the real model."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import openai
import pytest

from tests.services.ai_service.conftest import Service

USER = [{"role": "user", "content": "Name a fruit."}]


@pytest.fixture(scope="module")
def client(service: Service) -> Iterator[openai.OpenAI]:
    with httpx.Client(trust_env=False) as http:
        yield openai.OpenAI(base_url=f"{service.url}/v1", api_key="unused", http_client=http, max_retries=0)


def test_a_chat(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model="arena-gpt", messages=USER, max_tokens=6, temperature=0, seed=1)
    assert answer.object == "chat.completion"
    assert answer.model == "arena-gpt"
    choice = answer.choices[0]
    assert choice.message.role == "assistant"
    assert choice.message.content
    assert choice.finish_reason == "length"
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 6
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + 6


def test_a_streamed_chat_with_usage(client: openai.OpenAI) -> None:
    ask = {"model": "arena-gpt", "messages": USER, "max_completion_tokens": 6, "temperature": 0}
    whole = client.chat.completions.create(**ask)
    chunks = list(client.chat.completions.create(**ask, stream=True, stream_options={"include_usage": True}))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == whole.choices[0].message.content
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-2].choices[0].finish_reason == "length"
    assert chunks[-1].usage == whole.usage
    assert len({chunk.id for chunk in chunks}) == 1


def test_without_include_usage_there_is_none(client: openai.OpenAI) -> None:
    chunks = list(client.chat.completions.create(model="arena-gpt", messages=USER, max_tokens=2, stream=True))
    assert all(chunk.usage is None and chunk.choices for chunk in chunks)


def test_the_conversation_so_far_matters(client: openai.OpenAI) -> None:
    def ask(*turns: tuple[str, str]) -> tuple[str | None, int]:
        messages = [{"role": role, "content": content} for role, content in turns]
        answer = client.chat.completions.create(model="arena-gpt", messages=messages, max_tokens=8, temperature=0)
        assert answer.usage is not None
        return answer.choices[0].message.content, answer.usage.prompt_tokens

    last = ("user", "What did I say?")
    (told, told_tokens), (alone, alone_tokens) = ask(("user", "I like fish."), ("assistant", "Good!"), last), ask(last)
    assert told != alone
    assert told_tokens > alone_tokens


def test_a_system_prompt_counts(client: openai.OpenAI) -> None:
    def tokens(*messages: dict[str, str]) -> int:
        answer = client.chat.completions.create(model="arena-gpt", messages=messages, max_tokens=1)
        assert answer.usage is not None
        return answer.usage.prompt_tokens

    system = {"role": "system", "content": "You are terse."}
    longer = {"role": "system", "content": "You are terse, and you always answer in English."}
    assert tokens(system, *USER) < tokens(longer, *USER)


def test_models_say_what_they_are(client: openai.OpenAI) -> None:
    (model,) = client.models.list().data
    assert model.id == "arena-gpt"
    facts = model.model_extra["metadata"]
    assert facts["base_model"] == "SmolLM2-135M-Instruct"
    assert facts["quantization"] == "Q4_1"
    assert facts["license"] == "Apache-2.0"
    assert client.models.retrieve("arena-gpt") == model


@pytest.mark.parametrize(
    ("more", "kind", "param"),
    [
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, openai.BadRequestError, "tools"),
        ({"n": 2}, openai.BadRequestError, "n"),
        ({"logprobs": True}, openai.BadRequestError, "logprobs"),
        ({"response_format": {"type": "json_object"}}, openai.BadRequestError, "response_format.type"),
        ({"temperature": 3}, openai.BadRequestError, "temperature"),
        ({"model": "gpt-4o"}, openai.NotFoundError, "model"),
        ({"max_tokens": 2040}, openai.BadRequestError, "max_tokens"),
        ({"max_tokens": 2040, "stream": True}, openai.BadRequestError, "max_tokens"),
    ],
)
def test_what_is_not_served_is_refused_by_name(
    client: openai.OpenAI, more: dict[str, object], kind: type[openai.APIStatusError], param: str
) -> None:
    ask = {"model": "arena-gpt", "messages": USER, **more}
    with pytest.raises(kind) as caught:
        client.chat.completions.create(**ask)  # type: ignore[call-overload] # wrong on purpose
    assert caught.value.param == param
    assert caught.value.body["message"]


def test_too_long_is_said_with_openais_code(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="arena-gpt", messages=[{"role": "user", "content": "x" * 4001}])
    assert caught.value.code == "string_above_max_length"


def test_a_name_that_has_no_utf8_is_quoted_all_the_same(service: Service) -> None:
    body = b'{"model": "\\ud800x", "messages": [{"role": "user", "content": "hi"}]}'
    assert service.post("/v1/chat/completions", body).status_code in (400, 404)
