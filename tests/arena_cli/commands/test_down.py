from __future__ import annotations

from tests.arena_cli.conftest import Inside
from tests.arena_cli.fake import FakeOperator


def test_down(daemon: FakeOperator, inside: Inside) -> None:
    told = inside("down", "-t", "3", "-v")
    assert told.out == "" and "web-1 stopped" in told.err and "stopped 2 instances" in told.err
    assert daemon.calls == [("down", (3.0, True))]


def test_down_of_nothing_is_fine_and_says_so(inside: Inside) -> None:
    told = inside("down")
    assert told.out == "" and "nothing is running" in told.err
    assert not (inside.folder.path / ".arena").exists()


def test_a_broken_file_does_not_keep_anyone_from_stopping(daemon: FakeOperator, inside: Inside) -> None:
    (inside.folder.path / "arena.yaml").write_text("name: demo\nservices: [\n")
    inside("down")
    assert daemon.calls == [("down", (None, False))]
