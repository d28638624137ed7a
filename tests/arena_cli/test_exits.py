from __future__ import annotations

import pytest

from arena import errors
from arena_cli.exits import EXITS, MEANINGS, code_of


def test_the_promised_table() -> None:
    assert EXITS == {
        "ok": 0, "failure": 1, "usage": 2, "config": 3, "auth": 4, "nothing_running": 7, "timeout": 17,
        "part_failed": 18, "hung_up": 129, "interrupted": 130, "broken_pipe": 141, "terminated": 143,
    }  # fmt: skip


def test_every_code_is_explained() -> None:
    assert list(MEANINGS) == list(EXITS)


def _kinds(root: type[errors.ArenaError]) -> list[type[errors.ArenaError]]:
    return [root, *(kind for child in root.__subclasses__() for kind in _kinds(child))]


@pytest.mark.parametrize("kind", _kinds(errors.ArenaError))
def test_every_error_has_an_exit_code_of_its_own_name(kind: type[errors.ArenaError]) -> None:
    assert kind.exit_name in EXITS


def test_an_unknown_name_is_a_failure() -> None:
    assert code_of("no such name") == 1
