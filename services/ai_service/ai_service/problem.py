"""Errors in RFC 9457's shape, and OpenAI's for everything under /v1."""

from __future__ import annotations

import json
import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from ai_service.answering import ClientLeft
from ai_service.failure import Failure
from arena import sdk

_log = logging.getLogger("ai_service")


def install(app: FastAPI) -> None:
    """Make every error of `app` a JSON object in the shape its path promises."""
    app.add_exception_handler(Failure, _failure)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(ClientLeft, _nobody)


def as_problem(status: int, code: str, title: str, detail: str, **more: object) -> dict[str, Any]:
    """An `application/problem+json` object; `type` is a URN, as there is no page to point to."""
    context = sdk.current()
    request_id = context.request_id if context else None
    kind = f"urn:arena:problem:{code.replace('_', '-')}"
    return {"type": kind, "title": title, "status": status, "detail": detail, "request_id": request_id, **more}


def as_openai(status: int, code: str, message: str, param: str | None = None) -> dict[str, Any]:
    """OpenAI's error object."""
    kind = "invalid_request_error" if status < 500 and status != 429 else "server_error"
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def problem_of(failure: Failure) -> dict[str, Any]:
    return as_problem(failure.status, failure.code, failure.title, failure.detail)


def openai_of(failure: Failure) -> dict[str, Any]:
    return as_openai(failure.status, failure.code, failure.detail, failure.param)


async def _failure(request: Request, error: Exception) -> Response:
    assert isinstance(error, Failure)
    if error.status >= 500:
        _log.warning("generation failed", extra={"code": error.code, "detail": error.detail})
    headers = {} if error.retry_after is None else {"retry-after": str(error.retry_after)}
    if _speaks_openai(request):
        return _json(openai_of(error), error.status, headers)
    return _problem_response(problem_of(error), headers)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = [_not_json(request)] if _is_unread(request, error) else [_finding(item) for item in error.errors()]
    if _speaks_openai(request):
        first = found[0]
        return _json(as_openai(400, first["code"], first["message"], first["field"] or None), 400)
    detail = "; ".join(item["message"] for item in found)
    return _problem_response(as_problem(422, "invalid_request", "Invalid request", detail, errors=found))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if _speaks_openai(request):
        return _json(as_openai(error.status_code, "http_error", error.detail), error.status_code, headers)
    return _problem_response(as_problem(error.status_code, "http_error", error.detail, error.detail), headers)


async def _nobody(_request: Request, _error: Exception) -> Response:
    return Response(status_code=499)  # never sent: the connection is gone; it is what the metrics and the log show


def _problem_response(body: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    return _json(body, body["status"], headers, "application/problem+json")


def _json(body: Any, status: int, headers: dict[str, str] | None = None, kind: str = "application/json") -> Response:
    """In ASCII: what a client sent comes back in errors, and half a surrogate pair has no UTF-8."""
    return Response(json.dumps(body), status, headers, kind)


def _speaks_openai(request: Request) -> bool:
    return request.url.path.startswith("/v1")


def _is_unread(request: Request, error: RequestValidationError) -> bool:
    """Whether there is a body that was not even parsed, because it does not say that it is JSON."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    given = any(item["loc"] == ("body",) and item["type"] != "missing" for item in error.errors())
    return given and kind != "application/json" and not kind.endswith("+json")


def _not_json(request: Request) -> dict[str, str]:
    kind = request.headers.get("content-type")
    given = f"the body is sent as {kind!r:.60}" if kind else "the body is sent without a content type"
    return {"field": "", "code": "invalid_content_type", "message": f"{given}: send Content-Type: application/json"}


def _finding(item: dict[str, Any]) -> dict[str, str]:
    """One of pydantic's errors in a client's words: the field's path, and what is wrong with it."""
    field = ".".join(str(part) for part in item["loc"][1:])
    if item["type"] == "extra_forbidden":
        return {"field": field, "code": "unsupported_parameter", "message": f"{field} is not supported here"}
    if item["type"] == "json_invalid":
        return {"field": "", "code": "invalid_json", "message": f"the body is not JSON: {item['ctx']['error']}"}
    message = item["msg"].removeprefix("Value error, ")
    return {"field": field, "code": "invalid_value", "message": f"{field or 'body'}: {message}"}
