from __future__ import annotations

import pytest

from arena.config.shell_words import shell_word


@pytest.mark.parametrize(
    ("command", "word"),
    [
        ("make && serve", "&&"),
        ("make || serve", "||"),
        ("cat x | serve", "|"),
        ("make ; serve", ";"),
        ("make; serve", "make;"),
        ("serve &", "&"),
        ("serve > log", ">"),
        ("serve >>log 2>&1", ">>log"),
        ("serve 2>&1", "2>&1"),
        ("serve < in", "<"),
        ("echo $HOME", "$HOME"),
    ],
)
def test_words_for_a_shell(command: str, word: str) -> None:
    assert shell_word(command) == word


@pytest.mark.parametrize(
    "command",
    [
        "uvicorn main:app --port ${PORT}",
        "sh -c 'make && serve > log; echo $HOME'",
        'sh -c "a | b"',
        "find . -exec rm {} \\;",
        "serve '&&' \">\" '$HOME'",
        "serve --at=a&b --filter=x>3 a|b http://h/?a=1&b=2",
        "serve ->",
        "it\\'s fine",
        "",
    ],
)
def test_words_for_any_program(command: str) -> None:
    assert shell_word(command) == ""
