"""gateway.filters.permission: what the caller's roles may do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from arena.gateway.filters import permission
from arena.model.access import Role, Rule
from arena.model.mirror import Mirror
from arena.model.resilience import Fallback
from arena.model.route import Route
from arena.model.split import Part, Split
from arena.policy.access import Access
from tests.gateway.kit import Gateway, Start, Stub, bearer, connected, eventually, get, nowhere, post

Stubs = Callable[..., Awaitable[Stub]]

ROUTES = (
    Route("api", "web", "/api", strip_path=True, permissions=True),
    Route("old", "web", "/old", roles=("user",)),
    Route("open", "web", "/open", auth="none"),
)
DENIED = tuple(map(Rule.parse, ("web:*:/items/secret/**", "web:*:/old/x@y")))
ROLES = (
    Role("user", allow=(Rule.parse("web:GET:/items/**"),), deny=DENIED),
    Role("admin", ("user",), allow=(Rule.parse("*:*:/**"),)),
)


@pytest.fixture
async def gateway(start: Start, stub: Stub) -> Gateway:
    gateway = await start(stub.endpoint(), routes=ROUTES)
    gateway.view.use_spec(replace(gateway.view.spec, roles=ROLES))
    return gateway


@pytest.mark.parametrize(
    ("roles", "path", "status"),
    [
        (("user",), "/api/items/1", 200),
        (("user",), "/api/other", 403),
        (("user",), "/api/items/secret/1", 403),
        (("admin",), "/api/other", 200),
        (("admin",), "/api/items/secret", 403),
        ((), "/api/items/1", 403),
        (("nobody",), "/api/items/1", 403),
        (("admin",), "/old", 200),  # by inheritance
        (("nobody",), "/old", 403),
        (("user",), "/old/x@y", 403),  # a denial counts on every route
    ],
)
async def test_who_may_what(gateway: Gateway, roles: tuple[str, ...], path: str, status: int) -> None:
    async with connected(gateway) as client:
        for _ in range(2):  # the second time from memory
            assert (await client.ask(get(path, bearer(*roles)))).status == status


async def test_the_method_counts(gateway: Gateway) -> None:
    async with connected(gateway) as client:
        assert (await client.ask(post(b"x", "/api/items/1", bearer("user")))).status == 403
        assert (await client.ask(get("/api/items/1", bearer("user")))).status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/api/items/%73ecret/1",
        "/api/items//secret/1",
        "/api/items/x/../secret/1",
        "/api/items/secret%2F1",
        "/api/items%2Fsecret",
        "/api/items/./secret/",
        "/old/x%40y",
        "/old/x@y/",
        "/api/items/secret;v=1/1",
        "/api/items;a/secret",
        "/api/items/%73ecret%3bx/1",
        "/api/;/items/secret/1",
        "/old/..;/api/items/secret",
    ],
)
async def test_no_spelling_dodges_a_denial(gateway: Gateway, stub: Stub, path: str) -> None:
    async with connected(gateway) as client:
        assert (await client.ask(get(path, bearer("admin")))).status in (400, 403)
    assert stub.asked == []


async def test_a_path_parameter_is_allowed_only_where_both_readings_are(gateway: Gateway, stub: Stub) -> None:
    """A server that takes parameters off would list what is under /items/list."""
    rules = (Role("user", allow=(Rule.parse("web:GET:/items/*"), Rule.parse("web:GET:/list/*"))),)
    gateway.view.use_spec(replace(gateway.view.spec, roles=rules))
    async with connected(gateway) as client:
        assert (await client.ask(get("/api/items/1;v=2", bearer("user")))).status == 200
        assert (await client.ask(get("/api/list/;x", bearer("user")))).status == 403


async def test_the_refusal_names_the_rule(gateway: Gateway) -> None:
    async with connected(gateway) as client:
        denied = await client.ask(get("/api/items/secret/1", bearer("admin")))
        assert "the role user denies web:*:/items/secret/**" in str(denied.problem(403, "forbidden")["detail"])
        assert 'error="insufficient_scope"' in (denied.header("www-authenticate") or "")
        missing = await client.ask(get("/api/other", bearer("user")))
        assert "no rule allows GET here" in str(missing.problem(403, "forbidden")["detail"])
        role = await client.ask(get("/old", bearer("nobody")))
        assert "needs the role user" in str(role.problem(403, "forbidden")["detail"])


async def test_no_token_is_still_401_and_a_public_route_is_public(gateway: Gateway) -> None:
    async with connected(gateway) as client:
        assert (await client.ask(get("/api/items/1"))).status == 401
        assert (await client.ask(get("/open"))).status == 200


async def test_a_reload_changes_the_verdict(gateway: Gateway) -> None:
    async with connected(gateway) as client:
        assert (await client.ask(get("/api/items/1", bearer("user")))).status == 200
        gateway.view.use_spec(replace(gateway.view.spec, roles=(Role("user"),)))
        assert (await client.ask(get("/api/items/1", bearer("user")))).status == 403


async def test_what_is_remembered_is_bounded(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(permission, "_KEEP_VERDICTS", 5)
    async with connected(gateway) as client:
        for n in range(12):
            assert (await client.ask(get("/api/items/1", bearer("user", f"r{n}")))).status == 200
    match = gateway.plane.table.match(b"GET", b"x", b"/api/items/1")
    kept = [one.verdicts for one in gateway.plane.table._matches.values() if one.verdicts]
    assert match.verdicts is None and kept and all(len(one) <= 5 for one in kept)


def test_letters_beyond_ascii_are_compared_as_the_service_reads_them() -> None:
    route = Route("r", "web", "/", permissions=True)
    access = Access([Role("u", allow=(Rule.parse("web:GET:/é"),))])
    assert permission.judge(route, access, frozenset({"u"}), "GET", b"/%C3%A9") is None
    assert permission.judge(route, access, frozenset({"u"}), "GET", b"/%E9") is not None


async def test_a_stripped_routes_log_line_names_route_and_service(gateway: Gateway) -> None:
    async with connected(gateway) as client:
        assert (await client.ask(get("/api/items/1", bearer("user")))).status == 200
    line = await gateway.line()
    assert (line["route"], line["service"]) == ("api", "web")


async def test_a_denial_of_a_version_is_one_of_the_route(start: Start, stub: Stub) -> None:
    """Whichever would have been drawn: chance says nothing about permission."""
    rules = (Role("user", deny=(Rule.parse("v2:*:/x"),)),)
    routes = (Route("web", "web", "/", split=Split((Part("web", 1), Part("v2", 0)))),)
    gateway = await start(stub.endpoint(), stub.endpoint("v2", "v2-1"), routes=routes)
    gateway.view.use_spec(replace(gateway.view.spec, roles=rules))
    async with connected(gateway) as client:
        told = (await client.ask(get("/x", bearer("user")))).problem(403, "forbidden")
        assert "denies v2:*:/x" in str(told["detail"])
        assert (await client.ask(get("/y", bearer("user")))).status == 200
        assert (await client.ask(get("/x", bearer("other")))).status == 200


async def test_a_service_that_is_denied_does_not_stand_in(start: Start, stub: Stub) -> None:
    rules = (Role("user", deny=(Rule.parse("spare:GET:/x/*"),)),)
    routes = (Route("web", "web", "/", fallback=Fallback(service="spare")), Route("open", "web", "/open", auth="none"))
    gateway = await start(nowhere(), stub.endpoint("spare", "spare-1"), routes=routes)
    gateway.view.use_spec(replace(gateway.view.spec, roles=rules))
    async with connected(gateway) as client:
        for path in ("/x/1", "/x/%31", "/x;v/1"):
            reply = await client.ask(get(path, bearer("user")))
            assert (reply.status, reply.header("x-arena-fallback")) == (502, None)
        assert stub.asked == []
        for path, role in (("/x/1", "other"), ("/x", "user"), ("/y/1", "user")):
            assert (await client.ask(get(path, bearer(role)))).header("x-arena-fallback") == "spare"


async def test_a_service_that_is_denied_gets_no_copy(start: Start, stub: Stub, stubs: Stubs) -> None:
    rules = (Role("user", deny=(Rule.parse("shadow:*:/x"),)),)
    shadow = await stubs()
    gateway = await start(
        stub.endpoint(), shadow.endpoint("shadow", "s-1"), routes=(Route("web", "web", "/", mirror=Mirror("shadow")),)
    )
    gateway.view.use_spec(replace(gateway.view.spec, roles=rules))
    async with connected(gateway) as client:
        assert (await client.ask(get("/x", bearer("user")))).status == 200
        assert (await client.ask(get("/y", bearer("user")))).status == 200
        assert (await client.ask(get("/x", bearer("other")))).status == 200
    await eventually(lambda: len(shadow.asked) == 2)
    assert sorted(one.target for one in shadow.asked) == ["/x", "/y"]
