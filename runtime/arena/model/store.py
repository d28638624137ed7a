"""Where the state store is."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

EMBEDDED_BYTES = 256 * 1024 * 1024
"""What the server may hold that Arena runs itself."""


@dataclass(frozen=True, slots=True)
class StoreAddress:
    """A Valkey or Redis server: at `path`, a unix socket, or where that is '' at `host` and `port`."""

    host: str = "127.0.0.1"
    port: int = 6379
    path: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    database: int = 0

    @property
    def place(self) -> str:
        """Where it is, without credentials."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.path or f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """As `parse` reads it, password included; for addresses without a path."""
        user = f"{quote(self.username, safe='')}:{quote(self.password, safe='*')}@" if self.password else ""
        return f"redis://{user}{self.place}" + (f"/{self.database}" if self.database else "")

    @classmethod
    def parse(cls, url: str) -> StoreAddress:
        """Read `redis://[[user]:password@]host[:port][/database]`, or the same with valkey://. Raises ValueError that says
        what would be right, and never quotes the password."""
        parts = urlsplit(url)
        database = parts.path.strip("/")
        if parts.scheme not in ("redis", "valkey"):
            raise ValueError("should be `embedded` or a redis:// URL, such as redis://127.0.0.1:6379")
        if not parts.hostname or parts.query or parts.fragment:
            raise ValueError("should have a host, and nothing behind the number of the database")
        if database and not (database.isdecimal() and len(database) <= 5):
            raise ValueError(f"should end with the number of a database, not {database!r:.20}")
        if parts.username and not parts.password:
            raise ValueError("has a user without a password; a password alone is written redis://:password@host")
        try:
            port = parts.port or 6379
        except ValueError:
            raise ValueError("should have a port from 1 to 65535") from None
        return cls(
            parts.hostname,
            port,
            username=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            database=int(database or 0),
        )
