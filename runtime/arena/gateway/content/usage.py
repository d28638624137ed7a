"""How many tokens a request may use, and how many it did: read from bodies of OpenAI's API and its like.

Before: a quarter of the body's bytes (English has some four to a token) and what the request allows for the answer
(`max_completion_tokens`, `max_tokens` or `max_output_tokens`, times `n`). After: the last `usage` object of the reply, be it
one JSON text or server-sent events; only the end of the reply is kept for it. Events without a usage are counted: servers send
about one token in each. What is missing or makes no sense is nobody's gain: then the booking stays.
Sources: OpenAI's API reference (chat completions: `usage`, `stream_options.include_usage`; responses: `input_tokens`).
"""

from __future__ import annotations

import json
import re
from math import ceil
from typing import Any

from arena.gateway.exchange import Exchange
from arena.gateway.wire.reply import ReplyDraft

BYTES_PER_TOKEN = 4
_MOST = 10**9
_TAIL = 64 * 1024
_LONGEST = 8192  # bytes of one usage object
# In a string of JSON a quote is escaped, so that text which says "usage" is not taken for it.
_USAGE = re.compile(rb'(?<!\\)"usage"\s*:\s*(?=\{)')
_EVENT = re.compile(rb"(?:^|[\r\n])data:(?!\s*\[DONE\])")
_MAX_KEYS = ("max_completion_tokens", "max_tokens", "max_output_tokens")


def estimate(body: bytes) -> int:
    """Tokens that a prompt of this text has, about."""
    return -(-len(body) // BYTES_PER_TOKEN)


def allowed(body: bytes, default: int) -> int:
    """Tokens that the answer may have."""
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        return default
    if not isinstance(asked, dict):
        return default
    most = max(_asked(asked.get(key)) for key in _MAX_KEYS) or default
    return min(_MOST, most * max(1, _asked(asked.get("n"))))


class Meter:
    """A tap that finds out what a reply used."""

    __slots__ = ("_events", "_reads", "_streams", "_tail")

    def __init__(self) -> None:
        self._tail = b""
        self._events = 0
        self._reads = False
        self._streams = False

    def began(self, _x: Exchange, head: ReplyDraft) -> None:
        """The reply begins."""
        kinds = [line[13:].strip().lower() for line in head.fields if line[:13].lower() == b"content-type:"]
        self._streams = any(kind.startswith(b"text/event-stream") for kind in kinds)
        self._reads = self._streams or any(b"json" in kind for kind in kinds)

    def piece(self, _x: Exchange, data: bytes) -> None:
        """A piece of the body."""
        if self._streams:
            self._events += len(_EVENT.findall(data))
        if self._reads:
            self._tail = (self._tail + data)[-_TAIL:]

    def used(self, prompt: int) -> int | None:
        """Tokens used, with `prompt` for those of the request where the reply does not tell; None when nobody knows."""
        for place in reversed(list(_USAGE.finditer(self._tail))):
            total = _total(self._tail[place.end() : place.end() + _LONGEST], prompt)
            if total is not None:
                return total
        return prompt + self._events if self._events else None


def _total(text: bytes, prompt: int) -> int | None:
    try:
        usage, _ = json.JSONDecoder().raw_decode(text.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    total = _count(usage.get("total_tokens"))
    if total is not None:
        return total
    read = _count(usage.get("prompt_tokens", usage.get("input_tokens")))
    written = _count(usage.get("completion_tokens", usage.get("output_tokens")))
    if read is None and written is None:
        return None
    return (prompt if read is None else read) + (written or 0)


def _asked(value: Any) -> int:
    """What a number in a request may stand for, read as generously as any service may read it: 20.0 and "20" are 20, and what
    is beyond all bounds is the most there is. 0 for what nobody takes for a number."""
    if isinstance(value, bool):
        return 0
    try:
        return ceil(min(max(float(value), 0.0), float(_MOST)))
    except OverflowError:
        return _MOST if value > 0 else 0
    except (TypeError, ValueError):
        return 0


def _count(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value <= _MOST else None
