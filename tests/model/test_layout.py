from __future__ import annotations

from pathlib import Path

from arena.model.layout import StateLayout


def test_two_projects_in_one_folder_share_no_file() -> None:
    one, two = StateLayout.of("/p", "one"), StateLayout.of("/p", "two")
    files = [name for name, value in vars(StateLayout).items() if isinstance(value, property)]
    assert not {getattr(one, name) for name in files} & {getattr(two, name) for name in files}
    assert all(getattr(one, name).is_relative_to(Path("/p/.arena/one")) for name in files)
