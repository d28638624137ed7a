"""Signing secrets: made once, kept where only their owner can read them, never a default."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from arena.auth import folder
from arena.errors import ConfigError

MIN_BYTES = 32  # RFC 7518 section 3.2: an HS256 key is at least as long as its hash


def load_or_create(path: Path) -> str:
    """The secret kept in `path`, made of 256 random bits if there is none yet.

    The file has mode 0600 and every folder made for it 0700. Processes that race get the same secret: the first one to link
    its file into place wins. Raises ConfigError for a file others can read, or a secret that is too short.
    """
    try:
        return _load(path)
    except FileNotFoundError:
        _create(path)
        return _load(path)


def check_strength(secret: str, what: str) -> None:
    """Raises ConfigError when `secret` is missing or shorter than 32 bytes; `what` names it: "the JWT secret"."""
    if len(secret.encode()) < MIN_BYTES:
        raise ConfigError(
            f"{what} is {'missing' if not secret else f'shorter than {MIN_BYTES} bytes'}",
            hint="make one with `openssl rand -base64 32`, or leave it out and Arena makes one",
        )


def _load(path: Path) -> str:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            content = file.read(64 * 1024)
    except (PermissionError, IsADirectoryError, NotADirectoryError) as error:
        raise ConfigError(f"the secret in {path} cannot be read: {error.strerror}") from error
    if mode & 0o077:
        raise ConfigError(f"others can read the secret in {path}", hint=f"chmod 600 {path}, or delete it for a new one")
    try:
        secret = content.decode().strip()
    except UnicodeDecodeError:
        raise ConfigError(f"the secret in {path} is not text", hint="delete the file for a new one") from None
    check_strength(secret, f"the secret in {path}")
    return secret


def _create(path: Path) -> None:
    """Write a whole file aside, then link it into place: nobody ever sees half a secret."""
    folder.make(path.parent)
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(aside)
    except FileExistsError:
        pass  # another process was first: its secret is the one
    finally:
        aside.unlink()
