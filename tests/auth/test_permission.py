"""auth.permission: the explanation is the gateway's own decision."""

from __future__ import annotations

from dataclasses import replace

import pytest

from arena.auth import permission
from arena.errors import UsageError
from arena.model.access import Role, Rule
from arena.model.match import Condition
from arena.model.mirror import Mirror
from arena.model.project import GatewaySettings, Project
from arena.model.resilience import Fallback
from arena.model.route import Route
from arena.model.service import Service as Declared
from arena.model.split import Part, Split
from arena.model.transform import PathRewrite, Transform

ROLES = (
    Role("user", allow=(Rule.parse("web:GET:/items/**"),), deny=(Rule.parse("*:*:/items/x/**"),)),
    Role("admin", ("user",), allow=(Rule.parse("*:*:/**"),)),
    Role("chief", ("operator",)),
    Role("guest", deny=tuple(map(Rule.parse, ("v2:GET:/split", "spare:*:/any/*", "shadow:*:/any/x")))),
)
ROUTES = (
    Route("api", "web", "/api", strip_path=True, permissions=True),
    Route("api-post", "web", "/api", methods=("POST",), roles=("admin",)),
    Route("items", "web", "/items", roles=("user",)),
    Route("deep", "web", "/items/deep", methods=("GET",), hosts=("a.example",)),
    Route("below", "web", "/items", roles=("admin",), hosts=("*.example", "z.example")),
    Route("lower", "web", "/items", auth="none", hosts=("*.b.example",)),
    Route("open", "web", "/open", auth="none"),
    Route("any", "web", "/any", fallback=Fallback(service="spare"), mirror=Mirror("shadow")),
    Route("only", "web", "/only", methods=("PUT", "POST")),
    Route("when", "web", "/when", match=(Condition("header", "x-c", value="1"),)),
    Route("split", "web", "/split", split=Split((Part("web", 1), Part("v2", 1)))),
    Route("moved", "web", "/moved", permissions=True, transform=Transform(path=PathRewrite("/items"))),
    Route("turned", "web", "/turned", transform=Transform(path=PathRewrite("/{b}/{a}", match="/turned/{a}/{b}"))),
)
PROJECT = Project("p", "/", services=(Declared("web", routes=ROUTES), Declared("quiet")), roles=ROLES)


@pytest.mark.parametrize(
    ("roles", "asked", "allowed", "reason"),
    [
        (["user"], "GET /api/items/1", True, "the role user allows web:GET:/items/**"),
        (["admin"], "GET /api/items/x", False, "the role user denies *:*:/items/x/**"),
        (["user"], "GET /api/other", False, "no rule allows web:GET:/other"),
        (["user"], "POST /api/items", False, "the route needs the role admin"),
        (["admin"], "GET /items", True, "the role admin allows *:*:/**"),
        ([], "GET /any", True, "asks for no permission, and the caller is authenticated"),
        ([], "GET /open/x", True, "the route is public"),
        ([], "GET /", False, "no route takes this request"),
        ([], "DELETE /only", False, "no route takes DELETE here, only POST, PUT"),
        ([], "GET /health", True, "own page is open to everybody"),
        (["user"], "POST /metrics", False, "own page takes GET and HEAD alone"),
        (["user"], "GET /breakers", False, "own page needs the role operator"),
        (["chief"], "HEAD /breakers", True, "own page is for the role operator"),  # by inheritance
        ([], "GET /loose/x", True, "should a service loose register itself: the route asks for no permission"),
        (["user"], "GET /loose/items/x", False, "should a service loose register itself: the role user denies *:*"),
        ([], "GET /quiet", False, "no route takes this request"),  # declared, and has no route
        ([], "GET /~", False, "no route takes this request"),  # no service can be called so
        ([], "GET /when", True, "the caller is authenticated, if the route's match holds"),
        (["guest"], "GET /split", False, "the role guest denies v2:GET:/split"),
        (["guest"], "POST /split", True, "the caller is authenticated"),
    ],
)
def test_explanations(roles: list[str], asked: str, allowed: bool, reason: str) -> None:
    found = permission.explain(PROJECT, roles, *asked.split())
    assert found.allowed is allowed and reason in found.reason


@pytest.mark.parametrize("path", ["x", "", "?x"])
def test_only_paths(path: str) -> None:
    with pytest.raises(UsageError, match="not a path"):
        permission.explain(PROJECT, [], "GET", path)


@pytest.mark.parametrize(
    ("path", "allowed", "reason"),
    [
        ("/api/items/%78", False, "the role user denies"),
        ("/api//items/q/../x", False, "the role user denies"),
        ("/api/items/x;v=1/2", False, "the role user denies"),
        ("/api/items/1?q=/../x", True, "allows"),
        ("/api/items/é", True, "allows"),
        ("/api/items/\udcff", True, "allows"),
        ("/api/items/%FF", True, "allows"),
        ("/api/\udcff", False, "no rule allows web:GET:/\\xff"),
        ("/api/items/x#y", False, "the role user denies"),
        ("/api/items/1#/../x?y", True, "allows"),
        ("/api/items/%", False, "the gateway refuses this path: a percent sign"),
        ("/open/..;/any", False, "the gateway refuses this path: a path parameter hides"),
        ("/any;v=1", False, "the gateway refuses this path: with and without its path parameters"),
        ("/api/a\\b", False, "the gateway refuses this path"),
        ("/moved/x/1", False, "the role user denies *:*:/items/x/**"),
        ("/moved/1", True, "the role user allows"),
        ("/turned/x/items", False, "the role user denies"),
    ],
)
def test_a_path_is_read_as_the_gateway_reads_it(path: str, allowed: bool, reason: str) -> None:
    found = permission.explain(PROJECT, ["user"], "GET", path)
    assert found.allowed is allowed and reason in found.reason


def test_who_else_is_not_asked_is_noted() -> None:
    assert permission.explain(PROJECT, ["guest"], "GET", "/any").notes == ()
    assert permission.explain(PROJECT, ["admin"], "GET", "/any/x").notes == ()
    assert permission.explain(PROJECT, ["guest"], "GET", "/any/x").notes == (
        "spare does not stand in for it: the role guest denies spare:*:/any/*",
        "shadow gets no copy: the role guest denies shadow:*:/any/x",
    )


def test_automatic_routes_may_be_off() -> None:
    project = replace(PROJECT, gateway=GatewaySettings(auto_routes=False))
    assert permission.explain(project, [], "GET", "/loose/x").reason == "no route takes this request"


def test_which_roles_are_known() -> None:
    assert permission.known_roles(PROJECT) == {"user", "admin", "chief", "guest", "operator"}
    assert permission.known_roles(Project("p", "/")) == {"operator"}


def test_a_route_with_conditions_is_not_the_answer_where_there_is_another() -> None:
    guarded = Route("if", "web", "/m", roles=("admin",), match=(Condition("header", "x-c", value="1"),))
    project = Project("p", "/", services=(Declared("web", routes=(guarded, Route("else", "web", "/m", auth="none"))),))
    assert permission.explain(project, [], "GET", "/m").route == "else"
