from __future__ import annotations

from arena_cli.catalogue import commands
from arena_cli.exits import EXITS
from arena_cli.reference import page


def test_every_command_option_and_exit_code_is_on_the_page() -> None:
    text = page()
    for entry in commands():
        assert f"\n### arena {entry.path}\n" in text and entry.summary in text
    for words in (
        "`-n`, `--tail`",
        "`--wait-timeout` SECONDS | ",
        "`-o`, `--output` table\\|json",
        "`[SERVICE...]`",
    ):
        assert words in text
    for name, code in EXITS.items():
        assert f"| {code} | `{name}` |" in text


def test_no_table_is_broken_by_a_bar() -> None:
    for line in page().splitlines():
        if line.startswith("| "):
            assert line.replace("\\|", "").count("|") == 4, line
