"""What the daemon and the gateway do for one service, done by the test."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from arena.auth import identity, signed, signing_key
from arena.auth.identity import TTL, Identity
from arena.auth.signing_key import SigningKey


@dataclass
class Daemon:
    """Writes the identity file of `service` and signs with its key."""

    path: Path
    service_name: str
    key: SigningKey = field(default_factory=signing_key.make)

    def write(self, **told: Any) -> None:
        """As the daemon does: aside, then renamed."""
        whole = {"keys": (self.key.public,), "renewed_at": time.time(), **told}
        aside = self.path.with_suffix(".new")
        aside.write_text(identity.write(Identity(self.service_name, **whole)))
        aside.replace(self.path)

    def gateway(self, subject: str | None, *, audience: str = "", ttl: float = 60.0, **claims: Any) -> dict[str, str]:
        """The header of a request that came through the gateway; None for a stranger."""
        kind = signed.ANONYMOUS if subject is None else signed.PRINCIPAL
        to = audience or self.service_name
        told = signed.sign(self.key, kind, subject or "anonymous", to, ttl=ttl, now=time.time(), **claims)
        return {"x-arena-principal": told}

    def token(self, caller: str, *, audience: str = "", ttl: float = TTL, now: float | None = None) -> str:
        to = audience or self.service_name
        return signed.sign(self.key, signed.SERVICE, caller, to, ttl=ttl, now=time.time() if now is None else now)

    def own(self, *, audience: str = "", ttl: float = 60.0, now: float | None = None) -> str:
        """What the daemon shows itself."""
        when = time.time() if now is None else now
        return signed.sign(self.key, signed.DAEMON, "arena-daemon", audience or self.service_name, ttl=ttl, now=when)

    def service(self, caller: str, **how: Any) -> dict[str, str]:
        """The header of a direct call."""
        return {"authorization": f"Bearer {self.token(caller, **how)}"}
