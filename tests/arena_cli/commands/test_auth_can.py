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


def test_a_role_that_nothing_speaks_of_is_pointed_out(asked: Inside) -> None:
    told = asked("auth", "can", "--role", "usr", "--role", "admin", "GET", "/web/x")
    assert told.err.splitlines() == ["nothing here speaks of the role 'usr'; did you mean 'user'?"]
    assert asked("auth", "can", "--role", "admin", "--role", "operator", "GET", "/web/x").err == ""


def test_the_gateways_own_pages(asked: Inside) -> None:
    assert asked("auth", "can", "GET", "/health").out == "yes: the gateway's own page is open to everybody\n"
    assert asked("auth", "can", "GET", "/breakers", code=1).out.startswith("no: the gateway's own page needs the role")


def test_who_else_is_not_asked(inside: Inside) -> None:
    file = inside.folder.path / "arena.yaml"
    rules = "roles: {user: {deny: ['fixed:*:/x']}}\n"
    file.write_text(file.read_text().replace("roles: [user]", "fallback: {service: fixed}") + rules)
    told = inside("auth", "can", "--role", "user", "GET", "/web/x")
    note = "  fixed does not stand in for it: the role user denies fixed:*:/x"
    assert told.out.splitlines()[1:] == ["  route web of web", note]
    assert inside("auth", "can", "--role", "user", "GET", "/web/x", "-o", "json").json["notes"] == [note.strip()]
