"""What one service, or the registry, is told of itself and of its callers: a private file, replaced as a whole before
anything in it expires.

The file is a JSON Web Key Set (RFC 7517 section 5) with members of our own beside `keys`, so that a JWT library can take it
as it is. Its owner is the daemon; the service reads it again whenever it has changed.

Theory of the daemon's death. Tokens between services live for minutes because the daemon renews them every few. Once it
has died nobody does, and services that run on should not stop to talk to each other. Both sides see when the file was
last renewed, and no later daemon can have minted anything: so the judge stops its clock at the moment when a token of that last
round would be `GRACE_BEGINS` seconds old, and lets it go on after `GRACE` seconds more. Whoever stole a token and can stop the
daemon gains that much, and nothing while the daemon lives.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from arena.auth.signing_key import PublicKey
from arena.model import codec

REGISTRY, GATEWAY = "registry", "gateway"  # the audiences of what is shown to them; no service can be called so
TTL = 600.0  # seconds a service token is valid
RENEW = 150.0  # seconds after which the daemon makes new ones
GRACE_BEGINS = TTL / 2
GRACE = 86400.0


@dataclass(frozen=True, slots=True)
class Identity:
    """`keys` verify what the gateway, the daemon and other services show to `service`. `allow_from` names the services that
    may call it directly, None for anybody. `open_paths` are answered to anybody all the same: health and metrics. `tokens`
    are what it shows to the registry and to others, by their names. `renewed_at` is Unix seconds."""

    service: str
    keys: tuple[PublicKey, ...]
    renewed_at: float
    allow_from: tuple[str, ...] | None = None
    open_paths: tuple[str, ...] = ()
    tokens: dict[str, str] = field(default_factory=dict)

    def judged_at(self, now: float) -> float:
        """The time by which a service token shown at `now` is judged: `now`, or less when the daemon has died."""
        late = now - self.renewed_at - GRACE_BEGINS
        return now - min(max(late, 0.0), GRACE)


def read(path: Path) -> Identity:
    """Raises OSError, or ValueError for a file that holds something else."""
    return codec.decode(Identity, json.loads(path.read_bytes()), path.name)


def write(identity: Identity) -> str:
    """The file's content."""
    return json.dumps(codec.encode(identity))


def due(renewed_at: float, now: float) -> bool:
    """Whether a file renewed then is to be renewed now; a clock that was set back makes it so at once."""
    return not renewed_at <= now < renewed_at + RENEW
