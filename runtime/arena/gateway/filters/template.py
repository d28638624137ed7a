"""Text with facts of the exchange in it: `user-${principal.sub}`."""

from __future__ import annotations

from collections.abc import Callable

from arena.gateway.exchange import Exchange
from arena.model.transform import REFERENCE

Template = Callable[[Exchange], str | None]
"""The text for one exchange; None when a fact it names is absent there."""


def _subject(x: Exchange) -> str | None:
    return x.principal.subject if x.principal is not None else None


def _issuer(x: Exchange) -> str | None:
    return (x.principal.issuer or None) if x.principal is not None else None


def _ip(x: Exchange) -> str | None:
    return x.client.ip


def _route(x: Exchange) -> str | None:
    route = x.match.route
    return route.route.name if route is not None else None


FACTS: dict[str, Template] = {
    "principal.sub": _subject,
    "principal.iss": _issuer,
    "request.id": lambda x: x.request_id.decode(),
    "request.host": lambda x: None if x.head.host is None else x.head.host.decode("latin-1"),
    "route.name": _route,
    "client.ip": _ip,
}


def names_a_fact(text: str) -> bool:
    """Whether the text is not the same for every exchange."""
    return any(found[1] in FACTS for found in REFERENCE.finditer(text))


def compile_template(text: str) -> Template:
    """Make `text` ready; what looks like a reference and names no fact is plain text."""
    parts: list[str | Template] = []
    end = 0
    for found in REFERENCE.finditer(text):
        fact = FACTS.get(found[1])
        if fact is not None:
            parts += [text[end : found.start()], fact]
            end = found.end()
    parts.append(text[end:])

    def fill(x: Exchange) -> str | None:
        out = ""
        for part in parts:
            piece = part if isinstance(part, str) else part(x)
            if piece is None:
                return None
            out += piece
        return out

    return fill if end else lambda _x: text
