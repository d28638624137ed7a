from __future__ import annotations

import pytest

from arena_cli.catalogue import Entry, commands
from tests.arena_cli.conftest import Inside


@pytest.mark.parametrize("entry", list(commands()), ids=lambda entry: entry.path)
def test_help_shows_no_python_types(inside: Inside, entry: Entry) -> None:
    told = inside(*entry.path.split(), "--help").out
    assert told.startswith(f"Usage: arena {entry.path} [OPTIONS]") and "-h, --help" in told
    for word in ("list[", "<str>", "<int>", "<float>", "None", "range>"):
        assert word not in told


def test_arguments_look_as_in_compose(inside: Inside) -> None:
    assert inside("up", "-h").out.startswith("Usage: arena up [OPTIONS] [SERVICE...]\n")
    assert inside("wait", "-h").out.startswith("Usage: arena wait [OPTIONS] SERVICE\n")
