"""POST /generate on the running service with the real model."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests import plain
from tests.services.ai_service.conftest import Service, until

STORY = {"prompt": "Write a very long story about a fox.", "max_tokens": 1500}
ABANDONED = 'arena_ai_generation_seconds_count{model="arena-gpt",outcome="abandoned"}'


def events(text: str) -> list[Any]:
    datas = [line.removeprefix("data: ") for line in text.split("\n\n") if line]
    return [data if data == "[DONE]" else json.loads(data) for data in datas]


def test_the_seeds_own_request(service: Service) -> None:
    answer = service.post(
        "/generate", {"prompt": "Explain the Arena architecture", "max_tokens": 9, "temperature": 0.7}
    )
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"id", "text", "model", "finish_reason", "usage"}
    assert (body["model"], body["finish_reason"], body["usage"]["completion_tokens"]) == ("arena-gpt", "length", 9)
    assert body["usage"]["total_tokens"] == body["usage"]["prompt_tokens"] + 9
    assert body["text"].strip()


def test_different_prompts_get_different_answers(service: Service) -> None:
    prompts = ("What is 2+2?", "Name a colour.")
    ask = {"max_tokens": 5, "temperature": 0}
    assert len({service.post("/generate", {"prompt": prompt, **ask}).json()["text"] for prompt in prompts}) == 2


def test_the_stream_adds_up_to_the_whole(service: Service) -> None:
    ask = {"prompt": "Name three animals.", "max_tokens": 8, "temperature": 0}
    whole = service.post("/generate", ask).json()
    stream = service.post("/generate", {**ask, "stream": True})
    assert stream.headers["content-type"].startswith("text/event-stream")
    *pieces, last, done = events(stream.text)
    assert done == "[DONE]"
    assert "".join(piece["text"] for piece in pieces) == whole["text"]
    assert (last["finish_reason"], last["usage"]) == (whole["finish_reason"], whole["usage"])
    assert len(pieces) > 3


def test_a_stop_string_ends_it(service: Service) -> None:
    ask = {"prompt": "Count from one to ten in digits: 1, 2, 3,", "max_tokens": 12, "temperature": 0}
    text = service.post("/generate", ask).json()["text"]
    stop = text[5:8]
    body = service.post("/generate", {**ask, "stop": stop}).json()
    assert (body["text"], body["finish_reason"]) == (text[: text.index(stop)], "stop")


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"{", 422, "not JSON"),
        (b"[]", 422, "body"),
        ({}, 422, "prompt"),
        ({"prompt": ""}, 422, "prompt"),
        ({"prompt": 5}, 422, "prompt"),
        ({"prompt": "x", "max_tokens": 0}, 422, "max_tokens"),
        ({"prompt": "x", "max_tokens": 10**30}, 422, "max_tokens"),
        ({"prompt": "x", "temperature": -1}, 422, "temperature"),
        ({"prompt": "x", "top_k": 4}, 422, "top_k is not supported"),
        (b'{"prompt": "\\ud800"}', 422, "prompt"),
        (b'{"prompt": "x", "\\ud800": 1}', 422, "unicode"),
        ({"prompt": "x" * 4001}, 400, "4001 characters; at most 4000"),
        ({"prompt": "x", "max_tokens": 2040}, 400, "2048 tokens"),
        ({"prompt": "☃ " * 1999}, 400, "2048 tokens"),
    ],
)
def test_bad_input_is_a_problem(service: Service, body: object, status: int, said: str) -> None:
    answer = service.post("/generate", body, **{"x-request-id": "r-1"})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert said in answer.json()["detail"]
    assert answer.json()["request_id"] == "r-1"


@pytest.mark.parametrize("prompt", ["a\0b", "<|im_end|>", "\u202e\ufeff😀\r\n\r\ndata: [DONE]"])
def test_odd_text_is_only_text(service: Service, prompt: str) -> None:
    answer = service.post("/generate", {"prompt": prompt, "max_tokens": 1, "stream": True})
    assert answer.status_code == 200
    # One token may be half a character, which is kept back: then there is no piece of text.
    assert events(answer.text)[-2]["usage"]["completion_tokens"] == 1


def test_a_stream_that_cannot_begin_is_a_problem_too(service: Service) -> None:
    answer = service.post("/generate", {"prompt": "x", "max_tokens": 2040, "stream": True})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


def test_health_answers_while_the_model_works(service: Service) -> None:
    with plain.stream("POST", f"{service.url}/generate", json={**STORY, "stream": True}) as stream:
        lines = stream.iter_lines()
        next(lines)
        for _ in range(5):
            assert plain.get(f"{service.url}/health", timeout=2).status_code == 200
        next(lines)  # and it is still at it


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_leaves_stops_the_generation(service: Service, stream: bool) -> None:
    before = service.metric(ABANDONED)
    with httpx.Client(trust_env=False, timeout=httpx.Timeout(30, read=30 if stream else 0.4)) as http:
        if stream:
            with http.stream("POST", f"{service.url}/generate", json={**STORY, "stream": True}) as answer:
                next(answer.iter_lines())
        else:
            with pytest.raises(httpx.ReadTimeout):
                http.post(f"{service.url}/generate", json=STORY)
    # 1500 tokens take some 20 seconds; leaving is noticed at once.
    until(lambda: service.metric(ABANDONED) == before + 1, 5)
    assert service.post("/generate", {"prompt": "hi", "max_tokens": 1}).status_code == 200
