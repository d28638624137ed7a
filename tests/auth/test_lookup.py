"""auth.lookup: the route that the gateway's table finds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from arena.auth import lookup
from arena.gateway.stats import RouteStats
from arena.gateway.table.route import CompiledRoute, Service
from arena.gateway.table.routing import Table
from arena.model.match import Condition
from arena.model.project import GatewaySettings, Project
from arena.model.route import Route
from arena.model.service import Service as Declared
from arena.policy.path import readings
from arena.policy.retry import RetryBudget

_HOSTS = ["a.example", "B.example", "*.example", "*.b.example"]
_ROUTES = st.lists(
    st.builds(
        lambda path, hosts, methods, match: Route("", "web", path, tuple(hosts), tuple(methods), match=match),
        st.sampled_from(["/", "/a", "/a/", "/a/b", "/a/b/c", "/b"]),
        st.sets(st.sampled_from(_HOSTS), max_size=2),
        st.sets(st.sampled_from(["GET", "POST"]), max_size=2),
        st.sampled_from([(), (Condition("header", "x-c", value="1"),)]),
    ),
    max_size=6,
    unique_by=lambda route: (route.path.rstrip("/"), route.hosts, bool(route.match)),
)


@given(
    _ROUTES,
    st.sampled_from(["GET", "HEAD", "POST", "PUT"]),
    st.lists(st.sampled_from(["a", "b", "c", "ab"]), max_size=4).map(lambda parts: "/" + "/".join(parts)),
    st.sampled_from(["", "a.example", "b.example", "x.b.example", "example", "other"]),
)
def test_it_is_the_one_of_the_gateway(routes: list[Route], method: str, path: str, host: str) -> None:
    stats = RouteStats("", "")
    service = Service("web", (), RetryBudget())
    compiled = [
        CompiledRoute(each, service, (), stats, 0, 0.0, holds=(lambda _: False) if each.match else None)
        for each in routes
    ]
    match = Table(compiled, {}, stats, stats).match(method.encode(), host.encode(), path.encode())
    if match.choose is not None:
        match = match.choose(object())  # type: ignore[arg-type]  # the conditions above ask nothing of it
    stages = lookup.stages(routes, host, readings(path.encode())[0].decode())
    route = lookup.choose(stages, method)
    if route is not None and route.match:
        assert match.route is None  # no other is there
    else:
        assert (None if match.route is None else match.route.route) is route


def test_services_that_would_lead_there_by_themselves() -> None:
    project = Project("p", "/", services=(Declared("web"),))
    assert [route.name for route in lookup.automatic(project, ["/x/y", "/z", "/x"])] == ["auto-x", "auto-z"]
    assert lookup.automatic(project, ["/web/y", "/", "/-", "/" + "x" * 64]) == []
    closed = Project("p", "/", gateway=GatewaySettings(auto_routes=False))
    assert lookup.automatic(closed, ["/x"]) == []
