from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from arena.config import ConfigInvalid, Loaded, load, load_with_notes
from arena.errors import ConfigError
from arena.model import codec
from arena.model.project import Project

Write = Callable[..., Path]
Problems = Callable[..., list[str]]
ROOT = Path(__file__).resolve().parents[2]


def test_the_nearest_file_and_its_override(write: Write, tmp_path: Path) -> None:
    main = write("name: base\nservices: {a: {command: x, environment: {A: 1}}}")
    over = write("services: {a: {environment: {B: 2}}, b: {command: y}}", "arena.override.yaml")
    deep = tmp_path / "x" / "y"
    deep.mkdir(parents=True)
    project = load(directory=deep, env={})
    assert (project.name, project.directory, project.files) == ("base", str(tmp_path), (str(main), str(over)))
    assert [service.name for service in project.services] == ["a", "b"]
    assert project.services[0].environment == {"A": "1", "B": "2"}


def test_named_files_override_in_order_and_the_first_gives_the_directory(write: Write, tmp_path: Path) -> None:
    write("name: one\ngateway: {port: 1}", "d/one.yaml")
    write("gateway: {port: 2}", "two.yaml")
    write("# nothing\n", "three.yaml")
    write("name: never read", "d/arena.override.yaml")
    project = load([Path("d/one.yaml"), Path("two.yaml"), Path("three.yaml")], directory=tmp_path, env={})
    assert (project.name, project.gateway.port, project.directory) == ("one", 2, str(tmp_path / "d"))


@pytest.mark.parametrize(
    ("folder", "given", "written", "name"),
    [
        ("My App", None, "services: {}", "my-app"),
        ("x", "other", "name: written", "other"),
        ("x", None, "name: written", "written"),
        ("...", None, "services: {}", "project"),
    ],
)
def test_names(write: Write, folder: str, given: str | None, written: str, name: str) -> None:
    path = write(written, f"{folder}/arena.yaml")
    assert load(directory=path.parent, name=given, env={}).name == name


@pytest.mark.parametrize("name", ["", "Upper", "a b", "../up", "-x", "x" * 64])
def test_bad_names(problems: Problems, name: str) -> None:
    assert "is not a name for a project" in problems("services: {}", name=name)[0]
    assert "1:7 name:" in problems(f"name: '{name}'")[0]


def test_no_file_at_all(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"No arena\.yaml") as caught:
        load(directory=tmp_path)
    assert not isinstance(caught.value, ConfigInvalid)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "0:0 : arena.yaml is empty"),
        ("# only this", "0:0 : arena.yaml is empty"),
        ("- a\n- b", "1:1 : should be a mapping (key: value lines), such as services:"),
        ("just text", "1:1 : should be a mapping (key: value lines), such as services:"),
        ("a: [", "1:5 : is not YAML"),
    ],
)
def test_files_that_are_no_project(problems: Problems, text: str, problem: str) -> None:
    (found,) = problems(text)
    assert found.startswith(problem[:4])
    assert problem.partition(":")[2].partition(" ")[2] in found


def test_every_problem_at_once_with_its_line_and_caret(write: Write, tmp_path: Path) -> None:
    write("name: A\ngateway:\n  port: x\nservices:\n  web:\n    comand: x\n    depends_on: [db]\n")
    with pytest.raises(ConfigInvalid, match=r"arena\.yaml has 4 problems") as caught:
        load(directory=tmp_path, env={})
    assert caught.value.detail.split("\n\n") == [
        "arena.yaml:1:7 name: 'A' is not a name for a project\n    1 | name: A\n      |       ^\n"
        "       hint: use lower-case letters, digits, dashes and underscores, up to 63",
        "arena.yaml:3:9 gateway.port: should be a whole number, not 'x'\n    3 |   port: x\n      |         ^",
        "arena.yaml:6:5 services.web.comand: is not a key Arena knows\n    6 |     comand: x\n      |     ^\n"
        "       hint: did you mean 'command'?",
        "arena.yaml:7:18 services.web.depends_on.db: there is no service 'db'\n    7 |     depends_on: [db]\n"
        "      |                  ^",
    ]


def test_problems_of_several_files_come_together(write: Write, tmp_path: Path) -> None:
    write("nam: x")
    write("gateway: {prot: 1}", "arena.override.yaml")
    write("A='", ".env")
    with pytest.raises(ConfigInvalid) as caught:
        load(directory=tmp_path, env={})
    assert [each.file for each in caught.value.problems] == [".env", "arena.override.yaml", "arena.yaml"]


def test_a_project_crosses_the_socket_unchanged(load: Callable[..., Loaded]) -> None:
    project = load(
        "services: {a: {command: 'x ${PORT}', healthcheck: {http: /h}, routes: [{path: /a, rate_limits: [{rate: 1/s}]}]}}"
    ).project
    assert codec.decode(Project, codec.encode(project)) == project


def test_the_demo_project_loads(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = load_with_notes(directory=ROOT, env={})
    assert loaded.project.name == "arena"
    assert [service.name for service in loaded.project.services] == ["ai_service"]


def test_importing_the_room_is_light() -> None:
    script = "import sys, arena.config; sys.exit(' '.join({'pydantic', 'yaml'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr == "\n"
