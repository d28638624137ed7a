"""Whether the daemon asks: it may see what operators see, whoever issues their tokens."""

from __future__ import annotations

import time
from collections.abc import Sequence

from arena.auth import signed
from arena.auth.errors import TokenRefused
from arena.auth.identity import GATEWAY
from arena.auth.signing_key import PublicKey
from arena.gateway.exchange import Exchange


def asks(x: Exchange, keys: Sequence[PublicKey]) -> bool:
    """Whether the request carries a token that the daemon made for the gateway with one of the project's keys."""
    scheme, _, token = (x.head.authorization or b"").partition(b" ")
    if scheme.lower() != b"bearer":
        return False
    try:
        signed.verify(token.strip().decode("latin-1"), keys, (signed.DAEMON,), GATEWAY, time.time())
    except TokenRefused:
        return False
    return True
