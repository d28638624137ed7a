from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from arena import config
from arena.errors import ArenaError
from arena_cli.starter import write


def test_what_is_written_loads_and_is_named_after_its_folder(tmp_path: Path) -> None:
    written = write(tmp_path / "My App", "")
    assert config.load(directory=written.parent, env={}).name == "my-app"
    state = written.parent / ".arena"
    assert json.loads((state / "schema.json").read_text())["$schema"].startswith("http://json-schema.org/draft-07")
    assert (state / ".gitignore").read_text() == "*\n"
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    assert "$schema=./.arena/schema.json" in written.read_text().splitlines()[0]


@pytest.mark.parametrize("name", ["arena.yaml", "arena.yml"])
def test_an_existing_file_stays(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(ArenaError):
        write(tmp_path, "x")
    assert (tmp_path / name).read_text() == "mine" and not (tmp_path / ".arena").exists()


def test_an_existing_state_folder_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / ".arena").mkdir()
    (tmp_path / ".arena" / "schema.json").write_text("mine")
    write(tmp_path, "x")
    assert (tmp_path / ".arena" / "schema.json").read_text() == "mine"


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ArenaError) as caught:
        write(tmp_path / "file" / "below", "x")
    assert "cannot write" in caught.value.message
