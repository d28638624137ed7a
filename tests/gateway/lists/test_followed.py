"""gateway.followed: files that people change while the gateway runs."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from arena.errors import ConfigError
from arena.gateway.lists.followed import Followed


class Notes:
    """Reads a file of words; the word "bad" cannot be read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.told: list[str] = []
        path.write_text("first")
        self.file = Followed(path, self.read, self.told.append)

    def read(self) -> str:
        text = self.path.read_text() if self.path.exists() else ""
        if text == "bad":
            raise ConfigError("it is bad")
        return text

    def write(self, text: str) -> None:
        aside = self.path.with_name("aside")
        aside.write_text(text)
        aside.replace(self.path)


@pytest.fixture
def notes(tmp_path: Path) -> Notes:
    return Notes(tmp_path / "file")


async def test_what_changes_is_read_once(notes: Notes) -> None:
    assert notes.told == ["first"] and not notes.file.newer()
    assert await notes.file.refresh() is False
    notes.write("second")
    assert notes.file.newer()
    assert await notes.file.refresh() is True and await notes.file.refresh() is False
    assert notes.told == ["first", "second"] and not notes.file.newer()


async def test_what_cannot_be_read_is_told_once_and_tried_again(notes: Notes, caplog: pytest.LogCaptureFixture) -> None:
    notes.write("bad")
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            assert await notes.file.refresh() is False
    assert len(caplog.records) == 1 and notes.file.problem == "it is bad" and notes.told == ["first"]
    assert not notes.file.newer()  # nothing that a request should wait for
    notes.write("good")
    assert await notes.file.refresh() is True and notes.file.problem == ""


async def test_a_folder_that_cannot_be_looked_into_ends_nothing(
    notes: Notes, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # Nothing is forbidden to the superuser, as whom tests may run: so the system's answer is put in its place.
    def forbidden(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch, caplog.at_level(logging.ERROR):
        patch.setattr(Path, "stat", forbidden)
        assert await notes.file.refresh() is False and not notes.file.newer()
    assert "cannot be looked at: Permission denied" in caplog.text
    notes.write("second")
    assert await notes.file.refresh() is True


async def test_whether_it_may_be_unreadable_at_first(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    told: list[int] = []

    def read() -> int:
        text = (tmp_path / "number").read_text()
        if not text.isdigit():
            raise ConfigError("it is no number")
        return int(text)

    (tmp_path / "number").write_text("none")
    with pytest.raises(ConfigError):
        Followed(tmp_path / "number", read, told.append)
    file = Followed(tmp_path / "number", read, told.append, lenient=True)
    assert told == [] and "it is no number" in caplog.text
    (tmp_path / "number").write_text("12345")
    assert await file.refresh() is True and told == [12345]
