"""The request that every contender gets, and the reply that counts."""

from __future__ import annotations

import json

import pytest

from benchmarks.ask import CHAT, CHAT_REPLY, ITEM, REPLY


def test_the_origins_own_replies_are_accepted() -> None:
    assert ITEM.accepts(REPLY)
    assert CHAT.accepts(CHAT_REPLY)


def test_a_completion_written_anew_is_the_same_completion() -> None:
    assert CHAT.accepts(json.dumps(json.loads(CHAT_REPLY) | {"service_tier": None}, indent=2))


@pytest.mark.parametrize("body", ["", "{}", "null", '{"choices": []}', CHAT_REPLY.replace("Hello", "Goodbye"), REPLY])
def test_any_other_completion_is_not(body: str) -> None:
    assert not CHAT.accepts(body)


def test_any_other_item_is_not() -> None:
    assert not ITEM.accepts(REPLY + " ")


def test_wrk_is_told_in_lua() -> None:
    assert ITEM.script() == 'wrk.method = "GET"\n'
    assert CHAT.script().splitlines() == [
        'wrk.method = "POST"',
        f"wrk.body = {json.dumps(CHAT.body)}",
        'wrk.headers["Content-Type"] = "application/json"',
    ]
