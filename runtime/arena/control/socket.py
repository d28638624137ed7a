"""Where sockets are: the control socket, and any other that a project has."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from arena.errors import ArenaError
from arena.model.layout import StateLayout

_LONGEST = 100  # sun_path holds 108 bytes on Linux and 104 on macOS, with the closing NUL


def socket_path(layout: StateLayout) -> Path:
    """The control socket of this project; as `bindable`."""
    return bindable(layout.socket)


def bindable(socket: Path) -> Path:
    """Where a unix socket can be: `socket` itself or, where that path is too long for a socket address, a place in a folder
    of the temporary directory that only this user may enter. Raises ArenaError if somebody else holds that folder."""
    if len(os.fsencode(socket)) <= _LONGEST:
        return socket
    folder = Path(tempfile.gettempdir()) / f"arena-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    facts = folder.lstat()
    if facts.st_uid != os.getuid() or facts.st_mode & 0o077 or folder.is_symlink():
        raise ArenaError(
            f"{folder} does not belong to you alone, so sockets cannot be kept there",
            hint="remove that folder, or move the project to a shorter path",
        )
    return folder / f"{hashlib.sha256(os.fsencode(socket)).hexdigest()[:20]}.sock"
