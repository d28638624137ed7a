"""Where an instance listens."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """A TCP address with the scheme spoken there. `path` is a base path put before the request's own, '' for none."""

    host: str
    port: int
    scheme: str = "http"
    path: str = ""

    @property
    def url(self) -> str:
        """The address as a URL with no trailing slash; IPv6 hosts are bracketed."""
        return f"{self.scheme}://{self.authority}{self.path}"

    @property
    def authority(self) -> str:
        """`host:port`, as a Host header carries it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @classmethod
    def parse(cls, url: str) -> Address:
        """Read `http[s]://host[:port][/base]`. Raises ValueError, saying what is wrong, for anything else."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https"):
            raise ValueError(f"{url!r} is not an http:// or https:// URL")
        if not parts.hostname:
            raise ValueError(f"{url!r} names no host")
        if parts.query or parts.fragment or parts.username:
            raise ValueError(f"{url!r} may hold only scheme, host, port and base path")
        port = parts.port or (443 if parts.scheme == "https" else 80)
        return cls(parts.hostname, port, parts.scheme, parts.path.rstrip("/"))
