from __future__ import annotations

import pytest

from arena_cli.complete import service_names
from tests.arena_cli.conftest import Folder, Inside


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("services:\n  web:\n    command: x\n  db: # comment\n    command: y\n", ["web", "db"]),
        ("services:\n    web:\n        routes:\n            path:\n", ["web"]),
        ("# c\nname: x\nservices:\n  a:\ngateway:\n  port:\n", ["a"]),
        ("gateway:\n  port:\n", []),
        ("", []),
        ("services: {}\n", []),
    ],
)
def test_names_are_skimmed(text: str, names: list[str]) -> None:
    assert service_names(text) == names


def complete(inside: Inside, words: str, count: int) -> list[str]:
    inside.patch.setenv("COMP_WORDS", words)
    inside.patch.setenv("COMP_CWORD", str(count))
    with pytest.raises(SystemExit):
        inside(_ARENA_COMPLETE="complete_bash")
    told = inside.capsys.readouterr()
    assert told.err == ""
    return told.out.split()


def test_the_shell_is_offered_services_and_commands(inside: Inside) -> None:
    assert complete(inside, "arena logs ", 2) == ["web", "fixed"]
    assert complete(inside, "arena logs w", 2) == ["web"]
    assert complete(inside, "arena do", 1) == ["down", "doctor"]
    assert complete(inside, "arena token is", 2) == ["issue"]
    (inside.folder.path / "more.yaml").write_text("services:\n  extra:\n    command: x\n")
    assert complete(inside, "arena -f more.yaml logs ", 4) == ["extra"]


def test_a_file_that_cannot_be_read_offers_nothing(inside: Inside) -> None:
    (inside.folder.path / "arena.yaml").write_bytes(b"\xff\xfe services:")
    assert complete(inside, "arena logs ", 2) == []
    (inside.folder.path / "arena.yaml").unlink()
    assert complete(inside, "arena restart ", 2) == []


async def test_the_script_a_shell_runs(folder: Folder) -> None:
    told = await folder.arena(_ARENA_COMPLETE="complete_bash", COMP_WORDS="arena logs ", COMP_CWORD="2")
    assert told.out.split() == ["web", "fixed"] and told.err == ""
