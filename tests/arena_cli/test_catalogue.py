from __future__ import annotations

import importlib
import inspect
from pathlib import Path

import pytest

import arena_cli.commands
from arena_cli.catalogue import CATALOGUE, Entry, commands


@pytest.mark.parametrize("entry", list(commands()), ids=lambda entry: entry.path)
def test_the_summary_is_the_first_line_of_the_command_itself(entry: Entry) -> None:
    function = getattr(importlib.import_module(entry.module), entry.name)
    doc = inspect.getdoc(function)
    assert doc is not None and doc.splitlines()[0] == entry.summary


def test_every_command_file_is_in_the_catalogue() -> None:
    folder = Path(next(iter(arena_cli.commands.__path__)))
    files = {f"arena_cli.commands.{path.stem}" for path in folder.glob("*.py") if path.stem != "__init__"}
    assert files == {entry.module for entry in commands()}


def test_names_are_unique() -> None:
    names = [entry.name for entry in CATALOGUE]
    assert len(names) == len(set(names))
