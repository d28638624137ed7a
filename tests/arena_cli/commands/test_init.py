from __future__ import annotations

from tests.arena_cli.conftest import Inside


def test_init_then_config(inside: Inside) -> None:
    told = inside("init", "new", "--name", "fresh")
    assert told.out == "" and "wrote new/arena.yaml" in told.err
    assert (inside("--project-directory", "new", "config", "-o", "json")).json["name"] == "fresh"


def test_nothing_is_overwritten(inside: Inside) -> None:
    before = (inside.folder.path / "arena.yaml").read_text()
    assert "exists already" in (inside("init", code=1)).err
    assert (inside.folder.path / "arena.yaml").read_text() == before
