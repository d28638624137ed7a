from __future__ import annotations

from pathlib import Path

from arena.model.layout import StateLayout


def test_two_projects_in_one_folder_share_no_file() -> None:
    one, two = StateLayout.of("/p", "one"), StateLayout.of("/p", "two")
    files = [name for name, value in vars(StateLayout).items() if isinstance(value, property)]
    assert not {getattr(one, name) for name in files} & {getattr(two, name) for name in files}
    assert all(getattr(one, name).is_relative_to(Path("/p/.arena/one")) for name in files)


def test_each_service_has_an_identity_file_of_its_own() -> None:
    layout = StateLayout.of("/p", "one")
    assert layout.identity("web") != layout.identity("db")
    assert layout.identity("web").parent == layout.identities
