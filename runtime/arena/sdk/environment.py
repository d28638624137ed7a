"""What Arena tells a service through its environment variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from arena.errors import ConfigError

DISCOVERY_URL = "SERVICE_DISCOVERY_URL"
SERVICE = "ARENA_SERVICE_NAME"
INSTANCE = "ARENA_INSTANCE_ID"
PORT = "PORT"
IDENTITY_FILE = "ARENA_IDENTITY_FILE"


@dataclass(frozen=True, slots=True)
class Environment:
    """`missing` names the variables that are not set; with any missing, the service runs alone.

    `port` is the TCP port the service listens on at 127.0.0.1, 0 when Arena did not say. `identity_file` is the path of the
    file that says who this service is.
    """

    service: str = ""
    instance: str = ""
    discovery_url: str = ""
    port: int = 0
    identity_file: str = ""
    missing: tuple[str, ...] = ()

    @property
    def alone(self) -> bool:
        """True when Arena did not start this process, so that there is no registry to tell."""
        return bool(self.missing)

    @property
    def url(self) -> str:
        """Where this instance is reached."""
        return f"http://127.0.0.1:{self.port}"

    @classmethod
    def read(cls, variables: Mapping[str, str] | None = None) -> Environment:
        """Read `variables` (the process environment if None). Raises ConfigError for a PORT that is no port."""
        given = os.environ if variables is None else variables
        names = (DISCOVERY_URL, SERVICE, INSTANCE, PORT, IDENTITY_FILE)
        return cls(
            service=given.get(SERVICE, ""),
            instance=given.get(INSTANCE, ""),
            discovery_url=given.get(DISCOVERY_URL, "").rstrip("/"),
            port=_port(given.get(PORT, "")),
            identity_file=given.get(IDENTITY_FILE, ""),
            missing=tuple(name for name in names if not given.get(name)),
        )


def _port(text: str) -> int:
    if not text:
        return 0
    if text.isascii() and text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    raise ConfigError(f"PORT is {text!r}, not a TCP port", hint="give a number from 1 to 65535, or unset PORT")
