from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from arena.control.socket import bindable, socket_path
from arena.errors import ArenaError
from arena.model.layout import StateLayout


def test_a_short_path_keeps_the_socket_in_the_state_folder() -> None:
    layout = StateLayout(Path("/p/.arena/demo"))
    assert socket_path(layout) == Path("/p/.arena/demo/daemon.sock")


def test_a_path_too_long_for_a_socket_address_moves_to_a_private_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    first, second = (StateLayout(Path("/deep" * 30) / name) for name in ("one", "two"))
    path = socket_path(first)
    assert len(os.fsencode(path)) <= 108 and path != socket_path(second)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_two_sockets_of_one_project_are_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    layout = StateLayout(Path("/deep" * 30))
    assert bindable(layout.store_socket) != bindable(layout.socket) == socket_path(layout)


def test_a_folder_that_others_may_enter_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = tmp_path / f"arena-{os.getuid()}"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(ArenaError, match="does not belong to you alone"):
        socket_path(StateLayout(Path("/deep" * 30)))
