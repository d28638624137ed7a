"""Why the registry says no: an HTTP status, a stable code, a sentence, and the field at fault."""

from __future__ import annotations

from http import HTTPStatus


class Refused(Exception):
    """Becomes an `application/problem+json` answer (RFC 9457). `field` is a dotted path into the payload, "" for none."""

    def __init__(self, status: int, code: str, detail: str, field: str = "") -> None:
        super().__init__(f"{field} {detail}".strip())
        self.status = status
        self.code = code
        self.detail = str(self)
        self.field = field

    def problem(self, request_id: str) -> dict[str, object]:
        """The members of the problem document."""
        members: dict[str, object] = {
            "type": f"urn:arena:problem:{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "request_id": request_id,
        }
        return {**members, "field": self.field} if self.field else members
