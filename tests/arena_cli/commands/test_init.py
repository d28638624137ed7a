from __future__ import annotations

import pytest

from tests.arena_cli.conftest import Inside


def test_init_then_config(inside: Inside) -> None:
    told = inside("init", "new", "--name", "fresh")
    assert told.out == "" and "wrote new/arena.yaml" in told.err
    assert (inside("--project-directory", "new", "config", "-o", "json")).json["name"] == "fresh"


def test_nothing_is_overwritten(inside: Inside) -> None:
    before = (inside.folder.path / "arena.yaml").read_text()
    assert "exists already" in (inside("init", code=1)).err
    assert (inside.folder.path / "arena.yaml").read_text() == before


@pytest.mark.parametrize(
    ("directory", "remedy"),
    [
        (".", "`arena up`"),
        ("new", "`cd new && arena up`"),
        ("a b", "`cd 'a b' && arena up`"),
        ("./new/..", "`arena up`"),
    ],
)
def test_what_to_do_next_is_said_from_here(inside: Inside, directory: str, remedy: str) -> None:
    (inside.folder.path / "arena.yaml").unlink()
    (inside.folder.path / "new").mkdir()
    assert f"next: {remedy} starts it" in inside("init", directory).err
