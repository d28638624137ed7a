from __future__ import annotations

from arena.errors import NothingRunning
from arena.model.layout import StateLayout
from arena_cli.neighbour import pointed_out, running_beside
from tests.arena_cli.conftest import Folder
from tests.arena_cli.fake import FakeOperator

NOTHING = NothingRunning("nothing is running in this project", hint="start it with `arena up`")


def known(layout: StateLayout) -> None:
    layout.root.mkdir(parents=True, exist_ok=True)
    layout.desired.write_text("{}")


async def test_only_a_daemon_that_answers_is_named(daemon: FakeOperator, folder: Folder) -> None:
    renamed = StateLayout.of(folder.path, "renamed")
    for layout in (folder.layout, renamed, StateLayout.of(folder.path, "down")):
        known(layout)
    assert await running_beside(renamed) == ["demo"]
    assert await running_beside(folder.layout) == []
    told = await pointed_out(NOTHING, renamed)
    assert told.hint == "start it with `arena up`, but demo of this folder runs: use -p demo"
    assert await pointed_out(NOTHING, folder.layout) is NOTHING


async def test_every_command_of_a_renamed_project_says_so(daemon: FakeOperator, folder: Folder) -> None:
    known(folder.layout)
    (folder.path / "arena.yaml").write_text("name: renamed\nservices: {}\n")
    for words in ("ps", "health", "down"):
        assert "use -p demo" in (await folder.arena(words, code=None)).err, words
    assert "gateway-1" in (await folder.arena("-p", "demo", "ps", "-q")).out
