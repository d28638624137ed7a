"""Folders for what only their owner may see."""

from __future__ import annotations

from pathlib import Path


def make(folder: Path) -> None:
    """Make `folder` and every missing one above it, each with mode 0700."""
    if not folder.exists():
        make(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
