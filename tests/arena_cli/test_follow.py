from __future__ import annotations

import json

import pytest

from arena.control.client import connect
from arena.model.logline import LogQuery
from arena_cli import follow
from arena_cli.context import Context
from tests.arena_cli.conftest import Folder
from tests.arena_cli.fake import FakeOperator


async def test_prefixes_know_every_instance_before_the_first_line(
    daemon: FakeOperator, folder: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    async with connect(folder.layout) as client:
        printer = await follow.printer(client, Context(), prefix=True)
        await follow.print_lines(client, LogQuery(), printer)
    assert daemon.calls[0] == ("rows", True)
    assert capsys.readouterr().out.splitlines()[1] == "web-1        | plain words"


async def test_an_array_is_valid_whatever_its_length(
    daemon: FakeOperator, folder: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    for count in (0, 1, 2):
        daemon.lines = daemon.lines[:count] if count else ()
        async with connect(folder.layout) as client:
            await follow.print_json(client, LogQuery())
        assert len(json.loads(capsys.readouterr().out)) == len(daemon.lines)
        daemon.lines = FakeOperator().lines
