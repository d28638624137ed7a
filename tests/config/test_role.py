"""config.role: roles and their rules."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from arena.config import Loaded
from arena.config.present import render
from arena.model.access import Role, Rule

Load = Callable[..., Loaded]
Problems = Callable[..., list[str]]
WEB = "services: {web: {command: x, routes: [{path: /web, permissions: true}]}}\n"


def test_roles_in_their_order_and_back(load: Load) -> None:
    text = WEB + "roles:\n  user: {allow: 'web:get:/**', deny: ['*:*:/secret']}\n  admin: {inherits: user}\n"
    project = load(text).project
    assert project.roles == (
        Role("user", (), (Rule("web", "GET", ("**",)),), (Rule("*", "*", ("secret",)),)),
        Role("admin", ("user",)),
    )
    assert project.services[0].routes[0].permissions is True
    assert load(render(project, "yaml")).project == project


@pytest.mark.parametrize(
    ("roles", "problem"),
    [
        ("a: {inherits: [b]}", "2:24 roles.a.inherits[0]: there is no role 'b'"),
        ("a: {inherits: [a]}", "a would inherit from itself"),
        ("a: {allow: ['wb:GET:/']}", "roles.a.allow[0]: there is no service 'wb'"),
        ("a: {deny: ['web:GET']}", "2:20 roles.a.deny[0]: should be service:METHOD:/path"),
        ("a: {deny: 'web:GET'}", "2:19 roles.a.deny: should be service:METHOD:/path"),
        ("a: {allow: ['web:GET:/', x]}", "2:34 roles.a.allow[1]: should be service:METHOD:/path"),
        ("a: {allow: [{}]}", "should be text"),
        ("a: {alow: []}", "is not a key Arena knows"),
        ("a: []", "should be a mapping"),
        ("'a b': {}", "is not a name for a role"),
        ("'': {}", "is not a name for a role"),
    ],
)
def test_mistakes(problems: Problems, roles: str, problem: str) -> None:
    (found,) = problems(WEB + f"roles: {{{roles}}}\n")
    assert problem in found


def test_every_rule_that_is_wrong_is_told_of_where_it_stands(problems: Problems) -> None:
    found = problems(WEB + "roles:\n  a:\n    allow:\n      - web:GET:/x\n      - web:GET\n      - web:get it:/\n")
    assert [line.partition(": ")[0] for line in found] == ["6:9 roles.a.allow[1]", "7:9 roles.a.allow[2]"]


def test_a_circle_is_found_wherever_it_begins(problems: Problems) -> None:
    found = problems(WEB + "roles: {a: {inherits: b}, b: {inherits: c}, c: {inherits: b}}\n")
    assert sorted(line.partition(": ")[2] for line in found) == [
        "b would inherit from itself",
        "c would inherit from itself",
    ]


def test_permissions_that_could_only_refuse_or_never_count(problems: Problems) -> None:
    (found,) = problems(WEB)
    assert "services.web.routes[0].permissions: would refuse everybody" in found
    public = WEB.replace("permissions: true", "permissions: true, auth: none")
    (found,) = problems(public + "roles: {a: {}}\n")
    assert "makes no sense on a public route" in found
