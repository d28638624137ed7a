"""The identity file of this process."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from os import environ
from pathlib import Path

from arena.auth.identity_file import IdentityFile
from arena.sdk.environment import IDENTITY_FILE


def of_process(variables: Mapping[str, str] = environ) -> IdentityFile | None:
    """The file that Arena gave this process; None when it gave none."""
    path = variables.get(IDENTITY_FILE, "")
    return _of(path) if path else None


@cache
def _of(path: str) -> IdentityFile:
    return IdentityFile(Path(path))
