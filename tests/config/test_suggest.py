from __future__ import annotations

from arena.config.suggest import suggest


def test_the_nearest_is_named_and_otherwise_all() -> None:
    assert suggest("comand", ["command", "path"]) == "did you mean 'command'?"
    assert suggest("zzz", ["path", "command"]) == "known here: command, path"
    assert suggest("zzz", []) == ""
