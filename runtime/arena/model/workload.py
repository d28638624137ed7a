"""What the supervisor runs N copies of: services and Arena's own components alike."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field

from arena.model import codec
from arena.model.address import Address
from arena.model.instance import Kind
from arena.model.service import Dependency, Probe, Restart


@dataclass(frozen=True, slots=True)
class Workload:
    """A command to keep running in `replicas` copies.

    `command` and `environment` values may hold `${PORT}`, `${ARENA_INSTANCE_ID}` and `${ARENA_SERVICE_NAME}`; the backend
    fills them for each instance. `port` None: a free one each. `shared`: where all copies listen together,
    besides each one's own port; they inherit the listening sockets, and a running copy is replaced by starting its successor
    first. `keys`: what arena.yaml says that it was made from, by key ("gateway.port"), told when it changes.
    `registered`: the supervisor announces it to the registry. `reload_hash`: changes when the running process must
    re-read its files (SIGHUP) and need not be restarted.
    """

    name: str
    kind: Kind
    command: tuple[str, ...]
    directory: str
    environment: dict[str, str] = field(default_factory=dict)
    host: str = "127.0.0.1"
    port: int | None = None
    shared: Address | None = None
    replicas: int = 1
    depends_on: tuple[Dependency, ...] = ()
    probe: Probe | None = None
    restart: Restart = Restart()
    stop_grace_period: float = 10.0
    registered: bool = False
    metadata: dict[str, str] = field(default_factory=dict)
    reload_hash: str = ""
    keys: dict[str, str] = field(default_factory=dict)

    @property
    def spec_hash(self) -> str:
        """Identifies everything a running instance was started from. Replica count, order of start, and what can be
        changed without a restart are left out."""
        shape = codec.encode(self)
        for key in ("replicas", "depends_on", "restart", "stop_grace_period", "metadata", "reload_hash", "keys"):
            shape.pop(key)
        return hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()[:16]

    def instance_name(self, index: int) -> str:
        """The name of copy `index` (from 1): "web-1"."""
        return f"{self.name}-{index}"
