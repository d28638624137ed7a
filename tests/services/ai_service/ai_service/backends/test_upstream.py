import httpx
import pytest
from ai_service.backends import upstream
from ai_service.failure import (
    ContextOverflow,
    Failure,
    RateLimited,
    RequestRefused,
    Unavailable,
    UpstreamFailed,
    UpstreamTimeout,
)


def error(message: str = "why", **more: object) -> dict[str, object]:
    return {"error": {"message": message, **more}}


@pytest.mark.parametrize(
    ("status", "body", "kind", "said"),
    [
        (400, error("bad top_p"), RequestRefused, "bad top_p"),
        (400, error("long", code="context_length_exceeded"), ContextOverflow, "long"),
        (400, error("long", code=400, type="exceed_context_size_error"), ContextOverflow, "long"),
        (422, {"detail": "no"}, RequestRefused, "no"),
        (401, error("sk-1234 is wrong"), UpstreamFailed, "ARENA_AI_API_KEY"),
        (403, None, UpstreamFailed, "ARENA_AI_API_KEY"),
        (404, error("no model"), UpstreamFailed, "ARENA_AI_MODEL"),
        (429, error("slow"), RateLimited, "slow"),
        (500, None, UpstreamFailed, "HTTP 500"),
        (503, error("loading"), Unavailable, "loading"),
        (504, "text", UpstreamTimeout, "text"),
        (302, [], UpstreamFailed, "HTTP 302"),
    ],
)
def test_a_refusal_means(status: int, body: object, kind: type[Failure], said: str) -> None:
    failure = upstream.refusal(status, body)
    assert type(failure) is kind
    assert said in failure.detail


def test_a_key_quoted_by_the_server_goes_no_further() -> None:
    assert "sk-1234" not in upstream.refusal(401, error("Incorrect API key provided: sk-1234")).detail


@pytest.mark.parametrize(("header", "seconds"), [("7", 7), ("", None), ("soon", None), ("-1", None)])
def test_retry_after_is_passed_on(header: str, seconds: int | None) -> None:
    assert upstream.refusal(429, None, header).retry_after == seconds


@pytest.mark.parametrize(
    ("cause", "kind", "said"),
    [
        (httpx.ConnectError("x"), UpstreamFailed, "cannot be reached"),
        (httpx.ConnectTimeout("x"), UpstreamFailed, "cannot be reached"),
        (httpx.ReadTimeout("x"), UpstreamTimeout, "in time"),
        (httpx.RemoteProtocolError("x"), UpstreamFailed, "broke off"),
    ],
)
def test_a_silence_means(cause: httpx.HTTPError, kind: type[Failure], said: str) -> None:
    failure = upstream.silence(cause)
    assert type(failure) is kind
    assert said in failure.detail


@pytest.mark.parametrize(
    ("status", "body", "wants"),
    [
        (400, error(param="max_tokens", code="unsupported_parameter"), True),
        (400, error(param="max_tokens", code="context_length_exceeded"), False),
        (400, error(param="top_p"), False),
        (500, error(param="max_tokens"), False),
        (400, None, False),
        (400, {"error": "text"}, False),
    ],
)
def test_only_a_refused_name_is_tried_under_the_other(status: int, body: object, wants: bool) -> None:
    assert upstream.wants_other_limit(status, body) is wants


@pytest.mark.parametrize(("body", "said"), [(None, "nothing"), ({}, "nothing"), ("x" * 999, "x" * 300), ([1], "[1]")])
def test_any_body_can_be_quoted(body: object, said: str) -> None:
    assert upstream.message(body) == said
