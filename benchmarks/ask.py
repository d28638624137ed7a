"""What is asked of every contender, again and again, and which reply is right."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Ask:
    """One request. `accepts` says whether a body is the reply that the origin gave. `lua` is more for wrk to do."""

    path: str
    accepts: Callable[[str], bool]
    method: str = "GET"
    body: str = ""
    lua: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"Content-Type": "application/json"} if self.body else {}

    def script(self) -> str:
        """The Lua that makes wrk send it. Unless `lua` says more, it sets constants alone, and wrk builds the request once."""
        lines = [f"wrk.method = {_lua(self.method)}"]
        lines += [f"wrk.body = {_lua(self.body)}"] if self.body else []
        lines += [f"wrk.headers[{_lua(name)}] = {_lua(value)}" for name, value in self.headers.items()]
        lines += [self.lua] if self.lua else []
        return "\n".join(lines) + "\n"


def _lua(text: str) -> str:
    return json.dumps(text)  # Lua reads the escapes that ASCII JSON uses for printable text


def _answer_of(body: str) -> str | None:
    try:
        return str(json.loads(body)["choices"][0]["message"]["content"])
    except (ValueError, LookupError, TypeError):
        return None


REPLY = '{"id":42,"name":"a small reply","tags":["cheap","json"],"ok":true}'
_SAID = "Hello. How can I help you today?"
CHAT_REPLY = json.dumps(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1700000000,
        "model": "bench",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": _SAID}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 9, "total_tokens": 18},
    }
)
_CHAT_BODY = json.dumps({"model": "bench", "messages": [{"role": "user", "content": "Say hello."}], "temperature": 0.2})

_COUNT = 'local n = 0; request = function() n = n + 1; return wrk.format("GET", "/bench/item/" .. n) end'

ITEM = Ask("/bench/item", lambda body: body == REPLY)
NEW_ITEMS = replace(ITEM, lua=_COUNT)
CHAT = Ask("/v1/chat/completions", lambda body: _answer_of(body) == _SAID, "POST", _CHAT_BODY)
