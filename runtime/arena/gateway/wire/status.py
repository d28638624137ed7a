"""Status lines by status code, with the phrases of RFC 9110 section 15."""

from __future__ import annotations

from http import HTTPStatus

STATUS_LINES = {
    code: b"HTTP/1.1 %d %b" % (code, HTTPStatus(code).phrase.encode() if code in set(HTTPStatus) else b"Status")
    for code in range(100, 600)
}
