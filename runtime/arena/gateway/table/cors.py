"""CORS: what browsers are told about who may call a route. It protects the pages' users, not the service, so that a
request from elsewhere passes on, unmarked, and whoever asks still needs their credential.

A preflight is answered before authentication, because browsers send none with it, and for the method it asks about. The
service's own Access-Control headers are left out: two answers are none to a browser.
Source: https://fetch.spec.whatwg.org/#http-cors-protocol
"""

from __future__ import annotations

from collections.abc import Callable

from arena.gateway.exchange import Exchange
from arena.gateway.refusal import Content, Refusal
from arena.gateway.wire.reply import ReplyDraft
from arena.model.cors import Cors

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_VARY = b"vary: Origin"
_VARY_ALL = b"vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
_ORIGIN, _METHOD = b"origin:", b"access-control-request-method:"
_DONE = Content(200, b"text/plain", b"")
_REFUSED = Refusal(
    403, "forbidden", "pages of this origin may not call this route (cors.origins)", headers=(_VARY_ALL,)
)


def asked_method(x: Exchange) -> bytes:
    """The method that a preflight asks about, b'' when `x` is none."""
    return _value(x, _METHOD) if _value(x, _ORIGIN) else b""


class CorsRule:
    """One route's rules made ready; `methods` are those it takes, empty for all. Raises ValueError for credentials with
    "*"."""

    def __init__(self, cors: Cors, methods: tuple[str, ...]) -> None:
        if cors.credentials and "*" in (*cors.origins, *cors.headers, *cors.methods, *cors.expose):
            raise ValueError("with credentials, CORS knows no *")
        self._any = "*" in cors.origins
        self._credentials = (b"access-control-allow-credentials: true",) if cors.credentials else ()
        self._allowed = {origin.encode(): self._allow(origin) for origin in cors.origins}
        expose = (b"access-control-expose-headers: " + ", ".join(cors.expose).encode(),) if cors.expose else ()
        self._replies = {origin: b"\r\n".join((*lines, *expose)) for origin, lines in self._allowed.items()}
        self._preflight = (
            b"access-control-allow-methods: " + ", ".join(cors.methods or methods or METHODS).encode(),
            b"access-control-allow-headers: " + ", ".join(cors.headers).encode(),
            b"access-control-max-age: %d" % cors.max_age,
        )

    def _allow(self, origin: str) -> tuple[bytes, ...]:
        vary = () if self._any else (_VARY,)
        return (b"access-control-allow-origin: " + origin.encode(), *self._credentials, *vary)

    def mark(self, x: Exchange) -> None:
        """A filter that never refuses: the reply, whoever makes it, says whether the page may read it."""
        lines = self._replies.get(self._origin(x), b"" if self._any else _VARY)
        x.reply_fields = b"\r\n".join(filter(None, (x.reply_fields, lines)))

    def answer(self, x: Exchange) -> Content | Refusal:
        """The answer to a preflight."""
        allowed = self._allowed.get(self._origin(x))
        if allowed is None:
            return _REFUSED
        lines = (*(line for line in allowed if line != _VARY), *self._preflight, _VARY_ALL)
        x.reply_fields = b"\r\n".join(lines)
        return _DONE

    def _origin(self, x: Exchange) -> bytes:
        origin = _value(x, _ORIGIN)
        return b"*" if origin and self._any else origin


def without_the_services(edit: Callable[[Exchange, ReplyDraft], None] | None) -> Callable[[Exchange, ReplyDraft], None]:
    """`edit`, after the service's own Access-Control headers are gone."""

    def change(x: Exchange, head: ReplyDraft) -> None:
        head.fields = [line for line in head.fields if line[:15].lower() != b"access-control-"]
        if edit is not None:
            edit(x, head)

    return change


def _value(x: Exchange, name: bytes) -> bytes:
    """The value of a request header, b'' when it is not there just once."""
    found = [line[len(name) :].strip() for line in x.fields if line[: len(name)].lower() == name]
    return found[0] if len(found) == 1 else b""
