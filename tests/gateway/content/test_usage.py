from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.gateway.content.usage import Meter, allowed, estimate


def test_a_prompt_is_estimated_by_its_bytes() -> None:
    assert [estimate(b"x" * size) for size in (0, 1, 4, 5, 400)] == [0, 1, 1, 2, 100]


@pytest.mark.parametrize(
    ("asked", "tokens"),
    [
        ({}, 7),
        ({"max_tokens": 50}, 50),
        ({"max_completion_tokens": 60, "max_tokens": 50}, 60),
        ({"max_output_tokens": 3}, 3),
        ({"max_tokens": 50, "n": 3}, 150),
        ({"n": 3}, 21),
        ({"max_tokens": 0}, 7),
        ({"max_tokens": -5}, 7),
        ({"max_tokens": "50"}, 50),
        ({"max_tokens": 50.0}, 50),
        ({"max_tokens": "lots"}, 7),
        ({"max_tokens": [50]}, 7),
        ({"max_tokens": float("nan")}, 7),
        ({"max_tokens": True}, 7),
        ({"max_tokens": 1.5, "n": -1}, 2),
        ({"max_tokens": None}, 7),
        ({"max_tokens": 10**9, "n": 10**9}, 10**9),
        ({"max_tokens": 10**30}, 10**9),
        ({"max_tokens": 10**400}, 10**9),
        ({"max_tokens": -(10**400)}, 7),
        ({"max_tokens": 1e300}, 10**9),
        ({"max_tokens": float("inf")}, 10**9),
        ({"max_tokens": 5, "n": 10**12}, 10**9),
        ([1], 7),
    ],
)
def test_what_the_answer_may_have(asked: object, tokens: int) -> None:
    assert allowed(json.dumps(asked).encode(), 7) == tokens


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000])
def test_a_body_that_is_none_gets_the_default(body: bytes) -> None:
    assert allowed(body, 7) == 7


def used(body: bytes, kind: str = "application/json", prompt: int = 5, size: int = 0) -> int | None:
    meter = Meter()
    meter.began(None, SimpleNamespace(fields=[b"", b"Content-Type: " + kind.encode()]))  # type: ignore[arg-type]  # what it reads
    for at in range(0, len(body), size or max(1, len(body))):
        meter.piece(None, body[at : at + (size or len(body))])  # type: ignore[arg-type]  # it is not read
    return meter.used(prompt)


REPLY = {"choices": [{"message": {"content": 'says "usage": {"total_tokens": 0}'}}], "usage": {"total_tokens": 42}}
CHUNKS = b'data: {"choices":[{"delta":{"content":"a"}}],"usage":null}\n\ndata: {"choices":[]}\n\n'


@pytest.mark.parametrize("size", [0, 1, 7])
def test_a_reply_tells_its_usage(size: int) -> None:
    assert used(json.dumps(REPLY).encode(), size=size) == 42
    assert used(json.dumps(REPLY, indent=2).encode(), "application/json; charset=utf-8", size=size) == 42


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        ({"total_tokens": 0}, 0),
        ({"prompt_tokens": 3, "completion_tokens": 4}, 7),
        ({"input_tokens": 3, "output_tokens": 4}, 7),
        ({"output_tokens": 4}, 9),
        ({"prompt_tokens": 3}, 3),
        ({"total_tokens": -1}, None),
        ({"total_tokens": "9"}, None),
        ({"total_tokens": 1e3}, None),
        ({"total_tokens": True}, None),
        ({}, None),
        (None, None),
        ([1], None),
    ],
)
def test_shapes_of_usage(usage: object, tokens: int | None) -> None:
    assert used(json.dumps({"usage": usage}).encode()) == tokens


def test_streams() -> None:
    last = b'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}\n\n'
    assert used(CHUNKS + last + b"data: [DONE]\n\n", "text/event-stream") == 5
    assert used(CHUNKS + b"data: [DONE]\n\n", "text/event-stream; charset=utf-8") == 5 + 2
    assert used(b": comment\n\n", "text/event-stream") is None


def test_what_says_nothing_is_not_known() -> None:
    assert used(b"{}") is None
    assert used(b'{"usage": {"total_tokens": 1}}', "text/plain") is None
    assert used(b"") is None


def test_the_end_of_a_long_reply_is_enough() -> None:
    body = b'{"content":"' + b"x" * 1_000_000 + b'","usage":{"total_tokens":9}}'
    assert used(body, size=16_384) == 9


@given(content=st.text(max_size=50), tokens=st.integers(0, 10**6))
def test_no_content_can_forge_a_usage(content: str, tokens: int) -> None:
    hostile = content + '"usage": {"total_tokens": 0}' + content
    reply = {"usage": {"total_tokens": tokens}, "choices": [{"message": {"content": hostile}}]}
    for ascii_only in (True, False):
        assert used(json.dumps(reply, ensure_ascii=ascii_only).encode("utf-8", "replace")) == tokens
