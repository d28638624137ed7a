from __future__ import annotations

from pathlib import Path

import pytest

from arena.errors import ConfigError
from arena_cli.selection import Selection


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "My Project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


CASES = {
    "name: demo\n": "demo",
    "name: 'demo'\n": "demo",
    'name:   "demo"   # a comment\n': "demo",
    '"name": demo\n': "demo",
    "services: {}\n": "my-project",
    "x-name: other\nname: demo\n": "demo",
    "services:\n  name: {command: x}\n": "my-project",
    "name: ${WORD:-worked-out}\n": "worked-out",
    "name: >-\n  folded\n": "folded",
    "name: 007\n": "007",
}


@pytest.mark.parametrize("text", CASES)
def test_the_name_is_the_one_the_whole_file_would_give(here: Path, text: str) -> None:
    write(here / "arena.yaml", text)
    layout = Selection().layout()
    assert layout.root == here / ".arena" / CASES[text]
    assert Selection().load().project.name == CASES[text]


def test_a_plain_name_is_found_without_reading_the_whole_file(here: Path) -> None:
    write(here / "arena.yaml", "name: demo\nservices: [this is: not, valid\n")
    assert Selection().layout().root == here / ".arena" / "demo"


def test_it_searches_upward(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(here / "arena.yaml", "name: demo\n")
    (here / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(here / "a" / "b")
    assert Selection().layout().root == here / ".arena" / "demo"


def test_later_files_rename_and_the_first_gives_the_folder(here: Path) -> None:
    write(here / "one" / "arena.yaml", "name: one\n")
    write(here / "two" / "more.yaml", "name: two\n")
    selection = Selection(files=("one/arena.yaml", "two/more.yaml"))
    assert selection.layout().root == here / "one" / ".arena" / "two"
    assert selection.load().project.name == "two"


def test_the_command_line_wins(here: Path) -> None:
    write(here / "arena.yaml", "name: demo\n")
    assert Selection(name="mine").layout().root.name == "mine"
    assert Selection(directory=str(here), name="mine").layout().root == here / ".arena" / "mine"


@pytest.mark.parametrize("name", ["../outside", "Has Space", "a/b", ".", "-x", "x" * 64])
def test_a_name_that_is_none_is_refused_and_reaches_no_path(here: Path, name: str) -> None:
    write(here / "arena.yaml", "name: demo\n")
    with pytest.raises(ConfigError):
        Selection(name=name).layout()


def test_a_broken_file_falls_back_on_the_one_project_that_has_been_up(here: Path) -> None:
    write(here / "arena.yaml", "name: ${UNSET:?set it}\n")
    with pytest.raises(ConfigError):
        Selection().layout()
    write(here / ".arena" / "demo" / "desired.json", "{}")
    assert Selection().layout().root.name == "demo"
    write(here / ".arena" / "second" / "desired.json", "{}")
    with pytest.raises(ConfigError):
        Selection().layout()


def test_no_file_at_all(here: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        Selection(directory=str(here)).layout()
    assert "arena init" in caught.value.hint


def test_what_has_been_up_is_found_when_its_file_is_gone(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(here / ".arena" / "demo" / "desired.json", "{}")
    assert Selection().layout().root == here / ".arena" / "demo"
    (here / "a").mkdir()
    monkeypatch.chdir(here / "a")
    assert Selection().layout().root == here / ".arena" / "demo"
    assert Selection(name="demo").layout().root == here / ".arena" / "demo"
    write(here / ".arena" / "second" / "desired.json", "{}")
    assert Selection(name="second").layout().root == here / ".arena" / "second"
    with pytest.raises(ConfigError, match=r"several projects are up in .*: demo, second") as caught:
        Selection().layout()
    assert "-p NAME" in caught.value.hint


def test_without_a_file_the_state_of_a_project_that_is_down_is_found_by_its_name(here: Path) -> None:
    write(here / ".arena" / "demo" / "daemon.log", "")
    assert Selection(name="demo").layout().root == here / ".arena" / "demo"
    with pytest.raises(ConfigError, match=r"No arena\.yaml"):
        Selection().layout()


@pytest.mark.parametrize("name", ["other", "../demo", "*", "."])
def test_without_a_file_a_name_that_was_never_up_is_no_project(here: Path, name: str) -> None:
    write(here / ".arena" / "demo" / "desired.json", "{}")
    with pytest.raises(ConfigError, match=r"No arena\.yaml"):
        Selection(name=name).layout()
