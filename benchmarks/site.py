"""Where one contender runs, and the credentials every contender is given."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path

import jwt

ISSUER = AUDIENCE = "arena"
ROLE = "user"

# Twenty times what the fastest contender serves: the limit is counted for every request and refuses none.
NEVER_REACHED = 1_000_000


@dataclass(frozen=True, slots=True)
class Site:
    """`folder` is the contender's own; it listens on `port` and forwards to `origin`, both on 127.0.0.1."""

    folder: Path
    port: int
    origin: int
    secret: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def access_log(self) -> Path:
        """Where a contender that logs leaves one JSON line for each request."""
        return self.folder / "access.log"

    @property
    def output(self) -> Path:
        return self.folder / "output.log"


@dataclass(frozen=True, slots=True)
class Keys:
    """One shared HS256 secret of 256 bits, made for this run, and the tokens signed with it."""

    secret: str = field(default_factory=lambda: secrets.token_hex(32))

    def good(self) -> str:
        return self._sign(self.secret, lifetime=3600)

    def master(self) -> str:
        """For a contender that takes one key of its administrator's and no tokens."""
        return f"sk-{self.secret}"

    def expired(self) -> str:
        return self._sign(self.secret, lifetime=-3600)

    def forged(self) -> str:
        return self._sign(secrets.token_hex(32), lifetime=3600)

    def _sign(self, secret: str, lifetime: int) -> str:
        now = int(time.time())
        claims = {
            "sub": "bench",
            "roles": [ROLE],
            "iss": ISSUER,
            "aud": AUDIENCE,
            "iat": now - 7200,
            "exp": now + lifetime,
            "jti": secrets.token_hex(8),
        }
        return jwt.encode(claims, secret, algorithm="HS256")
