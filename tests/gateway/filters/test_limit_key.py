"""gateway.filters.limit_key: whom a limit counts."""

from __future__ import annotations

import pytest

from arena.auth import api_key
from arena.auth.api_key import KeyRing
from arena.gateway.filters.limit_key import key_of
from arena.model.project import Jwt
from arena.model.route import RateLimit, Route
from tests.gateway.kit import SECRET, THEIRS, Client, Start, Stub, bearer, connected, get, theirs

SLOW = 0.001


async def ask(client: Client, path: str, *lines: bytes) -> int:
    return (await client.ask(get(path, *lines))).status


async def test_by_role_counts_callers_of_the_same_roles_together(start: Start, stub: Stub) -> None:
    route = Route("r", "web", "/", rate_limits=(RateLimit(SLOW, 1, "role"),))
    gateway = await start(stub.endpoint(), routes=(route,))
    async with connected(gateway) as client:
        assert await ask(client, "/", bearer("user", "dev", sub="ann")) == 200
        assert await ask(client, "/", bearer("dev", "user", sub="bob")) == 429
        assert await ask(client, "/", bearer("user", sub="bob")) == 200


async def test_by_key_counts_each_api_key_of_one_name_apart_and_others_as_callers(start: Start, stub: Stub) -> None:
    (one, kept), (other, too) = api_key.create("acme", ["user"]), api_key.create("acme", ["user"])
    routes = tuple(Route(by, "web", f"/{by}", rate_limits=(RateLimit(SLOW, 1, by),)) for by in ("key", "principal"))
    gateway = await start(stub.endpoint(), routes=routes)
    gateway.view._authenticator.accept(KeyRing([kept, too]))
    async with connected(gateway) as client:
        for path, expected in (("/key", [200, 429, 200, 429]), ("/principal", [200, 429, 429, 429])):
            lines = [f"X-API-Key: {key}\r\n".encode() for key in (one, one, other, other)]
            assert [await ask(client, path, line) for line in lines] == expected
        # A new token each time: still the same caller.
        assert [await ask(client, "/key", bearer(sub="ann", jti=str(n))) for n in range(2)] == [200, 429]


async def test_by_service_counts_all_its_routes_together(start: Start, stub: Stub) -> None:
    routes = tuple(Route(name, "web", f"/{name}", auth="none") for name in ("a", "b"))
    gateway = await start(stub.endpoint(), routes=routes, rate_limits=(RateLimit(SLOW, 1, "service"),))
    async with connected(gateway) as client:
        assert [await ask(client, path) for path in ("/a", "/b")] == [200, 429]


async def test_by_header_counts_each_value_and_the_address_where_there_is_none(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), rate_limits=(RateLimit(SLOW, 1, "header:x-tenant"),))
    async with connected(gateway) as client:
        assert await ask(client, "/", b"X-TENANT: a\r\n") == 200
        assert await ask(client, "/", b"x-tenant:   a  \r\n") == 429
        assert await ask(client, "/", b"x-tenant: b\r\n") == 200
        assert [await ask(client, "/") for _ in range(2)] == [200, 429]
        long = b"x-tenant: " + b"c" * 300
        assert await ask(client, "/", long + b"1\r\n") == 200
        assert await ask(client, "/", long + b"2\r\n") == 429


@pytest.mark.parametrize("by", ["", "nobody", "header", "header:", "principle"])
def test_what_cannot_be_counted_is_refused(by: str) -> None:
    with pytest.raises(ValueError, match="nothing that a rate limit can count by"):
        key_of(by)


async def test_by_principal_counts_the_callers_of_each_issuer_apart(start: Start, stub: Stub) -> None:
    route = Route("r", "web", "/", rate_limits=(RateLimit(SLOW, 1, "principal"),))
    gateway = await start(stub.endpoint(), routes=(route,), issuers=(Jwt(SECRET), THEIRS))
    async with connected(gateway) as client:
        for who in (bearer(sub="ann"), theirs(sub="ann"), theirs(sub="bob")):
            assert [await ask(client, "/", who) for _ in range(2)] == [200, 429]
        assert await ask(client, "/", theirs(sub="\x1fthem\x1fann")) == 401
