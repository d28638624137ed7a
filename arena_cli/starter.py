"""Writes the first files of a project."""

from __future__ import annotations

import json
from pathlib import Path

from arena.errors import ArenaError


def write(folder: Path, name: str) -> Path:
    """Write arena.yaml, and its schema for editors, into `folder`. Raises ArenaError if there is an arena.yaml already."""
    from arena.config import discovery, schema, starter

    there = next((folder / known for known in discovery.NAMES if (folder / known).exists()), None)
    if there is not None:
        raise ArenaError(
            f"{there} exists already, and `arena init` overwrites nothing", hint="edit it, or remove it first"
        )
    text = starter.text(name or folder.absolute().name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_schema(folder / ".arena", json.dumps(schema.json_schema(), indent=2) + "\n")
        path = folder / discovery.NAMES[0]
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise ArenaError(f"cannot write to {folder}: {(error.strerror or str(error)).lower()}") from error
    return path


def _write_schema(state: Path, text: str) -> None:
    """The state folder is this user's alone and stays out of git: secrets will be kept there."""
    state.mkdir(mode=0o700, exist_ok=True)
    for path, content in ((state / "schema.json", text), (state / ".gitignore", "*\n")):
        if not path.exists():
            path.write_text(content, encoding="utf-8")
