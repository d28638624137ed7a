"""Why a caller was turned away, as an answer that says so."""

from __future__ import annotations

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from arena.sdk.request import current


class CallerRefused(HTTPException):
    """Becomes an `application/problem+json` answer (RFC 9457), unless the app has a handler of its own for it."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        challenge = {"www-authenticate": 'Bearer realm="arena-service"'} if status == HTTPStatus.UNAUTHORIZED else None
        super().__init__(status, detail, challenge)
        self.code = code

    def answer(self) -> Response:
        """The answer; its `request_id` is that of the request being served."""
        context = current()
        problem = {
            "type": f"urn:arena:problem:{self.code}",
            "title": HTTPStatus(self.status_code).phrase,
            "status": self.status_code,
            "detail": self.detail,
            "request_id": context.request_id if context else None,
        }
        return JSONResponse(problem, self.status_code, self.headers, media_type="application/problem+json")


async def answer(_request: Request, error: Exception) -> Response:
    """An exception handler."""
    assert isinstance(error, CallerRefused)
    return error.answer()
