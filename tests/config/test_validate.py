from __future__ import annotations

from arena.config.document.service import ProjectFile
from arena.config.parse import parse
from arena.config.report import Report
from arena.config.tree import Mapping
from arena.config.validate import Checked, validate


def checked(text: str) -> tuple[Checked[ProjectFile], list[str]]:
    report = Report()
    root = parse("arena.yaml", text, report)
    assert isinstance(root, Mapping)
    return validate(ProjectFile, root, report), [f"{each.where}: {each.message}" for each in report.problems]


def test_all_mistakes_are_told_and_the_sound_rest_is_kept() -> None:
    result, problems = checked(
        """
gateway: {port: no, host: h, auth: {jwt: [x]}}
services:
  a: {command: x, colour: red, routes: [{path: a}, {path: b}, {rolls: [x]}], deploy: {replicas: many}}
  b: text
  c: {command: x}
"""
    )
    assert sorted(problems) == [
        "gateway.auth.jwt[0]: should be a mapping (key: value lines), not 'x'",
        "gateway.port: should be a whole number, not 'no'",
        "services.a.colour: is not a key Arena knows",
        "services.a.deploy.replicas: should be a whole number, not 'many'",
        "services.a.routes[0].path: should be a path such as /web, not 'a'",
        "services.a.routes[1].path: should be a path such as /web, not 'b'",
        "services.a.routes[2].path: is missing",
        "services.a.routes[2].rolls: is not a key Arena knows",
        "services.b: should be a mapping (key: value lines), not 'text'",
    ]
    assert result.document.gateway.host == "h"
    assert set(result.document.services) == {"a", "c"}
    assert result.document.services["a"].command == ["x"]
    assert not result.is_sound(("services", "a"))
    assert result.is_sound(("services", "c"))


def test_a_sound_file_taints_nothing() -> None:
    result, problems = checked("services: {a: {command: x}}")
    assert problems == []
    assert result.tainted == frozenset()


def test_a_section_that_is_no_mapping_at_all() -> None:
    result, problems = checked("services: [a, b]\ngateway: 5")
    assert problems == [
        "gateway: should be a mapping (key: value lines), not '5'",
        "services: should be a mapping (key: value lines), not a list",
    ]
    assert result.document.services == {}
