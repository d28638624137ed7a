"""Whether the daemon asks: it may see what operators see, whoever issues their tokens."""

from __future__ import annotations

from pathlib import Path

from arena.auth import service_token
from arena.auth.secret import load_or_create
from arena.errors import ArenaError
from arena.gateway.exchange import Exchange


def asks(x: Exchange, secret_file: str) -> bool:
    """Whether the request carries a token that the daemon made with the project's service secret. Read anew each time: it is
    asked for rarely, and another file may lie there tomorrow."""
    scheme, _, token = (x.head.authorization or b"").partition(b" ")
    if not secret_file or scheme.lower() != b"bearer" or not Path(secret_file).exists():
        return False
    try:
        principal = service_token.verifier(load_or_create(Path(secret_file))).verify(token.strip().decode("latin-1"))
    except ArenaError:
        return False
    return service_token.is_operator(principal)
