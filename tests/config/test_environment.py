from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from arena.config import Loaded

Load = Callable[..., Loaded]
Problems = Callable[..., list[str]]
Write = Callable[..., Path]


def environment(loaded: Loaded) -> dict[str, str]:
    return loaded.project.services[0].environment


def test_values_keep_their_text_and_names_alone_are_passed_through(load: Load) -> None:
    text = "services: {a: {command: x, environment: {V: 1.10, F: off, E: '', HOME: , GONE: , P: 'http://h:$PORT'}}}"
    assert environment(load(text, env={"HOME": "/root"})) == {
        "V": "1.10", "F": "off", "E": "", "HOME": "/root", "P": "http://h:${PORT}",
    }  # fmt: skip
    assert environment(load("services: {a: {command: x, environment: [A=b=c, HOME, N=]}}", env={"HOME": "h"})) == {
        "A": "b=c", "HOME": "h", "N": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    "form", ["one.env", "[one.env, two.env]", "[{path: one.env}, {path: gone.env, required: false}, two.env]"]
)
def test_env_files_in_order_and_environment_above_them(load: Load, write: Write, form: str) -> None:
    write("A=1\nB=1\nC=1\n", "one.env")
    write("B=2\nC=2\n", "two.env")
    found = environment(load(f"services: {{a: {{command: x, env_file: {form}, environment: {{C: 3}}}}}}"))
    assert found["A"] == "1"
    assert found["C"] == "3"
    assert found["B"] == ("1" if form == "one.env" else "2")


def test_the_dotenv_beside_the_file_fills_references_and_is_given_to_no_service(load: Load, write: Write) -> None:
    write("TAG=dot\nWHO=dot\n", ".env")
    text = "services: {a: {command: x, environment: {T: $TAG, W: $WHO}}}"
    assert environment(load(text, env={"WHO": "shell"})) == {"T": "dot", "W": "shell"}
    other = write("TAG=other\n", "ci.env")
    assert environment(load(text, env={"WHO": ""}, env_files=[other])) == {"T": "other", "W": ""}


def test_arenas_own_variables_in_an_env_file_are_left_out_with_a_note(load: Load, write: Write) -> None:
    write("PORT=80\nA=1\n", "one.env")
    loaded = load("services: {a: {command: x, env_file: one.env}}")
    assert environment(loaded) == {"A": "1"}
    assert "PORT in one.env is not used" in loaded.notes[0].message


@pytest.mark.parametrize(
    ("inner", "problem"),
    [
        ("env_file: gone.env", "1:38 services.a.env_file: gone.env does not exist"),
        ("env_file: [{required: false}]", "services.a.env_file[0].path: is missing"),
        ("environment: {PORT: 80}", "1:42 services.a.environment.PORT: is set by Arena for each instance"),
        ("environment: [ARENA_IDENTITY_FILE=x]", "is set by Arena for each instance"),
        ("environment: ['=x']", "cannot be an environment variable"),
        (r'environment: {A: "a\0b"}', "cannot be an environment variable"),
        ("environment: {A: [1]}", "services.a.environment.A: should be text, not a list"),
    ],
)
def test_mistakes(problems: Problems, inner: str, problem: str) -> None:
    (found,) = problems(f"services: {{a: {{command: x, {inner}}}}}")
    assert problem in found


def test_a_missing_env_file_of_the_command_line_and_a_broken_one(problems: Problems, write: Write) -> None:
    broken = write("what is this\n", "broken.env")
    assert problems("name: a", env_files=[broken]) == ["1:1 : is not a KEY=value line"]
    assert problems("name: a", env_files=[Path("gone.env")]) == ["0:0 : gone.env does not exist"]
