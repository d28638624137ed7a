"""auth.permission: the explanation is the gateway's own decision."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.auth import permission
from arena.errors import UsageError
from arena.gateway.filters.permission import judge
from arena.gateway.stats import RouteStats
from arena.gateway.table.routing import CompiledRoute, Service, Table
from arena.model.access import Role, Rule
from arena.model.project import Project
from arena.model.route import Route
from arena.model.service import Service as Declared
from arena.policy.access import Access
from arena.policy.retry import RetryBudget

ROLES = (
    Role("user", allow=(Rule.parse("web:GET:/items/**"),), deny=(Rule.parse("*:*:/items/x/**"),)),
    Role("admin", ("user",), allow=(Rule.parse("*:*:/**"),)),
)
ROUTES = (
    Route("api", "web", "/api", strip_path=True, permissions=True),
    Route("api-post", "web", "/api", methods=("POST",), roles=("admin",)),
    Route("items", "web", "/items", roles=("user",)),
    Route("deep", "web", "/items/deep", methods=("GET",), hosts=("a.example",)),
    Route("open", "web", "/open", auth="none"),
    Route("any", "web", "/any"),
)
PROJECT = Project("p", "/", services=(Declared("web", routes=ROUTES),), roles=ROLES)


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
        ([], "GET /nowhere", False, "no route takes this request"),
    ],
)
def test_explanations(roles: list[str], asked: str, allowed: bool, reason: str) -> None:
    found = permission.explain(PROJECT, roles, *asked.split())
    assert found.allowed is allowed and reason in found.reason


@pytest.mark.parametrize(
    "path", ["x", "", "/a?b", "/%61", "/a/../b", "//a", "/.", "/a;b", "/a b", "/a#b", "/a\\b", "/a//"]
)
def test_only_plain_paths(path: str) -> None:
    with pytest.raises(UsageError, match="not a plain path"):
        permission.explain(PROJECT, [], "GET", path)


_PATHS = st.lists(st.sampled_from(["api", "items", "deep", "x", "open", "any"]), max_size=3).map(
    lambda parts: "/" + "/".join(parts)
)


@given(
    st.sets(st.sampled_from(["user", "admin", "none"])),
    st.sampled_from(["GET", "HEAD", "POST"]),
    _PATHS,
    st.sampled_from(["", "a.example", "b.example"]),
)
def test_the_gateway_says_the_same(roles: set[str], method: str, path: str, host: str) -> None:
    stats = RouteStats("", "")
    compiled = [CompiledRoute(route, Service("web", (), RetryBudget()), (), stats, 0, 0.0) for route in ROUTES]
    match = Table(compiled, {}, stats, stats).match(method.encode(), host.encode(), path.encode())
    found = permission.explain(PROJECT, roles, method, path, host)
    if match.route is None:
        assert (found.route, found.allowed) == ("", False)
        return
    route = match.route.route
    assert found.route == route.name
    refusal = judge(route, Access(ROLES), frozenset(roles), method, match.path)
    assert found.allowed is (route.auth == "none" or refusal is None)
