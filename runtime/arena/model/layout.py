"""Where a project keeps its state: names of files, nothing more."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class StateLayout:
    """Paths below `<project directory>/.arena/<project name>/`, a folder of mode 0700.

    Two projects of different names may share a directory.
    """

    root: Path

    @classmethod
    def of(cls, directory: str | Path, name: str) -> StateLayout:
        return cls(Path(directory) / ".arena" / name)

    @property
    def socket(self) -> Path:
        """The control socket, as long as its path fits a socket address (see `control.socket_path`)."""
        return self.root / "daemon.sock"

    @property
    def daemon_lock(self) -> Path:
        return self.root / "daemon.lock"

    @property
    def daemon_log(self) -> Path:
        return self.root / "daemon.log"

    @property
    def desired(self) -> Path:
        """The last Project that `up` was given, as JSON, mode 0600: it holds environment values."""
        return self.root / "desired.json"

    @property
    def instances(self) -> Path:
        """The supervisor's records of what it started."""
        return self.root / "instances.json"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def secrets(self) -> Path:
        return self.root / "secrets"

    @property
    def token_keys(self) -> Path:
        """The keys that user tokens are signed with: the present one, and former ones while they are accepted."""
        return self.secrets / "token-keys.json"

    @property
    def signing_keys(self) -> Path:
        """The keys that the gateway and the daemon sign with what they tell services, and each other."""
        return self.secrets / "signing-keys.json"

    @property
    def identities(self) -> Path:
        """A folder with one file for each service and for the registry: what it needs to know its callers, and to be known."""
        return self.root / "identities"

    def identity(self, service: str) -> Path:
        """The file of one service."""
        return self.identities / f"{service}.json"

    @property
    def api_keys(self) -> Path:
        """Digests of the API keys, with names and roles."""
        return self.secrets / "api-keys.json"

    @property
    def api_keys_used(self) -> Path:
        """When each API key was last used, written by the gateway."""
        return self.root / "api-keys-used.json"

    @property
    def tokens_issued(self) -> Path:
        """What `arena token issue` issued and has not expired, without the tokens."""
        return self.secrets / "tokens-issued.json"

    @property
    def tokens_revoked(self) -> Path:
        """Which tokens are refused although they have not expired."""
        return self.secrets / "tokens-revoked.json"

    @property
    def store_secret(self) -> Path:
        """The password of the embedded state store."""
        return self.secrets / "store"

    @property
    def store_config(self) -> Path:
        """What the embedded state store is told, mode 0600: it holds the password."""
        return self.root / "valkey.conf"

    @property
    def store_socket(self) -> Path:
        """Where the embedded state store listens, as long as its path fits a socket address (see `control.socket`)."""
        return self.root / "valkey.sock"

    @property
    def gateway_spec(self) -> Path:
        """What the gateway process reads at start and on SIGHUP, mode 0600."""
        return self.root / "gateway.json"

    @property
    def trust(self) -> Path:
        """How services with https:// URLs are believed, read by the registry for its probes; no secrets."""
        return self.root / "trust.json"

    @property
    def gateway_snapshot(self) -> Path:
        """The last Snapshot the gateway saw, so that it can start while the registry is away."""
        return self.root / "snapshot.json"

    @property
    def breaker_orders(self) -> Path:
        """What people ordered about endpoints, followed by every gateway worker."""
        return self.root / "breaker-orders.json"

    @property
    def cache_purges(self) -> Path:
        """What people want forgotten of kept replies, carried out by every gateway worker."""
        return self.root / "cache-purges.json"

    @property
    def chaos(self) -> Path:
        """Faults that people asked for, until when each."""
        return self.root / "chaos.json"

    @property
    def registry_state(self) -> Path:
        return self.root / "registry.json"
