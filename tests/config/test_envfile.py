from __future__ import annotations

import pytest

from arena.config.envfile import parse
from arena.config.report import Report


def read(text: str, **env: str) -> dict[str, str]:
    report = Report()
    found = parse(".env", text, env, report)
    assert report.problems == []
    return found


def test_the_forms_of_a_line() -> None:
    text = (
        "\ufeffA=1\n\n# note\nexport B = two words # trailing\nC='$literal #x' # why\n"
        'D="line\\nnext $A" \nE=\nF=a#b\nG="a \\"b\\" \\$x"\nH=#empty\r\n'
    )
    assert read(text) == {
        "A": "1", "B": "two words", "C": "$literal #x", "D": "line\nnext 1", "E": "", "F": "a#b", "G": 'a "b" $x', "H": "",
    }  # fmt: skip


def test_references_see_the_environment_first_and_the_lines_above() -> None:
    assert read("A=file\nB=${A}-${C:-none}\nP=${PORT}\n", A="env")["B"] == "env-none"
    assert read("P=http://localhost:${PORT}")["P"] == "http://localhost:"
    assert parse(".env", "P=$PORT", {"PORT": "1"}, Report(), frozenset({"PORT"})) == {"P": "${PORT}"}


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("A=1\nnonsense\n", 2, "is not a KEY=value line"),
        ("=x\n", 1, "is not a KEY=value line"),
        ("A='open\n", 1, "is not closed"),
        ('A="a" b\n', 1, "is not closed"),
        ("A=${B:?say it}\n", 1, "B is not set: say it"),
        ("A=$\n", 1, "a lone $"),
    ],
)
def test_mistakes_are_located(text: str, line: int, message: str) -> None:
    report = Report()
    parse(".env", text, {}, report)
    assert [(each.line, each.file) for each in report.problems] == [(line, ".env")]
    assert message in report.problems[0].message
