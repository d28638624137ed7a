"""Why text could not be generated, each with its HTTP status; both APIs say it in their own shape."""

from __future__ import annotations

from typing import ClassVar


class Failure(Exception):
    """`code` is stable, for programs; `title` is its name; the message is this occurrence, for people.

    `retry_after` is in seconds, None when trying again will not help or nobody knows when. `param` names the offending
    field of the request, where there is one.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Internal error"

    def __init__(self, detail: str, *, retry_after: int | None = None, param: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after = retry_after
        self.param = param


class Unavailable(Failure):
    """There is no model to ask; the message says what to install or to set."""

    status = 503
    code = "model_unavailable"
    title = "No model"


class Overloaded(Failure):
    """Too many requests wait for the model already."""

    status = 503
    code = "overloaded"
    title = "Overloaded"


class ModelUnknown(Failure):
    """The request names a model that is not served here."""

    status = 404
    code = "model_not_found"
    title = "Model not found"


class InputTooLong(Failure):
    """More characters than ARENA_AI_MAX_INPUT_LENGTH."""

    status = 400
    code = "string_above_max_length"
    title = "Input too long"


class ContextOverflow(Failure):
    """Prompt and `max_tokens` together do not fit into the model's context."""

    status = 400
    code = "context_length_exceeded"
    title = "Context length exceeded"


class RequestRefused(Failure):
    """The model server found the request itself wrong."""

    status = 400
    code = "invalid_request"
    title = "Request refused by the model server"


class RateLimited(Failure):
    """The model server asks us to slow down."""

    status = 429
    code = "rate_limit_exceeded"
    title = "Rate limited by the model server"


class UpstreamFailed(Failure):
    """The model server is not there, refuses us, or answers nonsense."""

    status = 502
    code = "upstream_failed"
    title = "Model server failed"


class UpstreamTimeout(Failure):
    """The model server took too long."""

    status = 504
    code = "upstream_timeout"
    title = "Model server too slow"
