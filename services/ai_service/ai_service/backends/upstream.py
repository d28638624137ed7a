"""What a model server's refusals and silences mean to our own client."""

from __future__ import annotations

from typing import Any

import httpx

from ai_service.failure import (
    ContextOverflow,
    Failure,
    RateLimited,
    RequestRefused,
    Unavailable,
    UpstreamFailed,
    UpstreamTimeout,
)

_LONGEST_QUOTE = 300


def refusal(status: int, body: Any, retry_after: str = "") -> Failure:
    """The failure for an answer that was not 200. `body` is the parsed JSON, None when it was none."""
    said = message(body)
    match status:
        case 400 | 413 | 422:
            kind = ContextOverflow if _code(body) == "context_length_exceeded" else RequestRefused
            return kind(f"the model server said: {said}")
        case 401 | 403:
            return UpstreamFailed(f"the model server refused our key (HTTP {status}); check ARENA_AI_API_KEY")
        case 404:
            return UpstreamFailed(
                f"the model server does not know what we ask for (HTTP 404): {said}; check ARENA_AI_MODEL"
            )
        case 429:
            return RateLimited(f"the model server said: {said}", retry_after=_whole_seconds(retry_after))
        case 503:
            return Unavailable(f"the model server is not available: {said}", retry_after=_whole_seconds(retry_after))
        case 504:
            return UpstreamTimeout(f"the model server's own upstream took too long: {said}")
        case _:
            return UpstreamFailed(f"the model server failed (HTTP {status}): {said}")


def silence(error: httpx.HTTPError) -> Failure:
    """The failure for a connection that could not be made, was cut, or took too long.

    It goes to whoever asked, so it does not name the address.
    """
    if isinstance(error, httpx.TimeoutException) and not isinstance(error, httpx.ConnectTimeout):
        return UpstreamTimeout("the model server did not answer in time")
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return UpstreamFailed("the model server cannot be reached; check ARENA_AI_BASE_URL")
    return UpstreamFailed(f"the model server broke off: {type(error).__name__}")


def wants_other_limit(status: int, body: Any) -> bool:
    """OpenAI's reasoning models refuse `max_tokens` by name and want `max_completion_tokens`."""
    error = body.get("error") if isinstance(body, dict) else None
    return (
        status == 400
        and isinstance(error, dict)
        and error.get("param") == "max_tokens"
        and _code(body) != ("context_length_exceeded")
    )


def message(body: Any) -> str:
    """The server's own words, shortened; OpenAI's shape or anything near it."""
    error = body.get("error", body) if isinstance(body, dict) else body
    said = error.get("message") or error.get("detail") if isinstance(error, dict) else error
    return str(said or "nothing")[:_LONGEST_QUOTE]


def _code(body: Any) -> str:
    """OpenAI's code; llama.cpp puts the same into `type`, in other words."""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return ""
    overflow = error.get("type") == "exceed_context_size_error"
    return "context_length_exceeded" if overflow else str(error.get("code"))


def _whole_seconds(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None
