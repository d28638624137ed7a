from __future__ import annotations

import pytest

from tests.arena_cli.conftest import Inside

ROLES = "roles: {user: {allow: ['web:GET:/**']}, admin: {inherits: user}}\n"


@pytest.fixture
def asked(inside: Inside) -> Inside:
    file = inside.folder.path / "arena.yaml"
    file.write_text(file.read_text().replace("roles: [user]", "permissions: true") + ROLES)
    return inside


def test_yes_and_no(asked: Inside) -> None:
    told = asked("auth", "can", "--role", "admin", "get", "/web/x")
    assert told.out.splitlines() == ["yes: the role user allows web:GET:/**", "  route web of web"]
    assert asked("auth", "can", "--role", "user", "POST", "/web/x", code=1).out.startswith(
        "no: no rule allows web:POST:/x"
    )


def test_json(asked: Inside) -> None:
    found = asked("auth", "can", "GET", "/web", "-o", "json", code=1).json
    assert (found["allowed"], found["route"], found["rule"]) == (False, "web", "")


def test_a_strange_path_is_2(asked: Inside) -> None:
    assert "is not a path" in asked("auth", "can", "GET", "web", code=2).err
