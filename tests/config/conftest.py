"""A project folder to write files into and load, and problems as one line each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from arena.config import ConfigInvalid, Loaded, load_with_notes

Write = Callable[..., Path]
Load = Callable[..., Loaded]
Problems = Callable[..., list[str]]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """`write(text, name="arena.yaml")` puts a file into the project folder."""

    def put(text: str, name: str = "arena.yaml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
        return path

    return put


@pytest.fixture
def load(tmp_path: Path, write: Write) -> Load:
    """`load(text, env={…})` loads the text as the folder's arena.yaml; the real environment is never seen."""

    def read(text: str, **options: object) -> Loaded:
        write(text)
        options.setdefault("env", {})
        return load_with_notes(directory=tmp_path, **options)  # type: ignore[arg-type]  # options are load's own

    return read


@pytest.fixture
def problems(load: Load) -> Problems:
    """`problems(text)` as `line:column where: message`, [] when the text loads."""

    def find(text: str, **options: object) -> list[str]:
        try:
            load(text, **options)
        except ConfigInvalid as error:
            return [f"{each.line}:{each.column} {each.where}: {each.message}" for each in error.problems]
        return []

    return find
