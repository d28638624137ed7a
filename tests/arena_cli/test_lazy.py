from __future__ import annotations

import pytest

from arena_cli.catalogue import CATALOGUE, Entry, commands
from arena_cli.lazy import Commands, build


def test_names_are_known_without_importing() -> None:
    made = Commands((Entry("no_such_module", "Section", "Nothing."),))
    assert list(made) == ["no_such_module"] and len(made) == 1 and "no_such_module" in made
    with pytest.raises(ModuleNotFoundError):
        made["no_such_module"]


def test_an_unknown_name_is_none_to_typer() -> None:
    assert Commands(CATALOGUE).get("nothing") is None


@pytest.mark.parametrize("entry", list(commands()), ids=lambda entry: entry.path)
def test_every_command_can_be_built_and_has_help_for_every_option(entry: Entry) -> None:
    command = build(entry)
    assert command.help
    for parameter in command.params:
        assert parameter.help, parameter.name


def test_a_group_holds_its_members() -> None:
    token = next(entry for entry in CATALOGUE if entry.name == "token")
    assert list(build(token).commands) == ["issue", "inspect", "list", "revoke", "rotate"]
