"""gateway.filters.auth: who gets in."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import jwt
import pytest

from arena.model.project import Jwt
from arena.model.route import Route
from tests.gateway.kit import (
    SECRET,
    THEIRS,
    Gateway,
    Start,
    Stub,
    bearer,
    connected,
    get,
    post,
    theirs,
    token,
)

ROUTES = (
    Route("admin", "web", "/admin", roles=("admin", "root")),
    Route("open", "web", "/open", auth="none"),
    Route("any", "web", "/"),
)


@pytest.fixture
async def gateway(start: Start, stub: Stub) -> Gateway:
    return await start(stub.endpoint(), routes=ROUTES)


def unsigned() -> str:
    parts = [{"alg": "none", "typ": "JWT"}, jwt.decode(token("user"), options={"verify_signature": False})]
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts) + "."


def tampered() -> str:
    head, _, signature = token("user").split(".")
    return f"{head}.{token('admin').split('.')[1]}.{signature}"


async def test_a_valid_token_gets_in_and_is_named_in_the_log(gateway: Gateway, stub: Stub) -> None:
    async with connected(gateway) as client:
        assert (await client.ask(get("/x", bearer("user", sub='al"ice')))).status == 200
    assert (await gateway.line())["principal"] == 'al"ice'
    assert (stub.asked[0].header("authorization") or "").startswith("Bearer ")


async def test_the_log_says_whose_subject_it_is_where_it_is_not_ours(start: Start, stub: Stub) -> None:
    name = 'https://them/"x'
    gateway = await start(stub.endpoint(), routes=ROUTES, issuers=(Jwt(SECRET), replace(THEIRS, issuer=name)))
    async with connected(gateway) as client:
        for who in (bearer("user", sub="ann"), *[theirs("user", sub="ann", iss=name)] * 2):
            assert (await client.ask(get("/x", who))).status == 200
    lines = gateway.lines()
    assert [line["principal"] for line in lines] == ["ann"] * 3
    assert [line.get("issuer") for line in lines] == [None, name, name]


async def test_no_token_is_401_and_says_how_to_get_one(gateway: Gateway) -> None:
    async with connected(gateway) as client:
        for lines in ([], [b"Authorization: Basic YTpi\r\n"], [b"Authorization:\r\n"]):
            reply = await client.ask(get("/x", *lines))
            assert "arena token issue" in str(reply.problem(401, "unauthenticated")["detail"])
            assert reply.header("www-authenticate") == 'Bearer realm="arena"'


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (token("user", ttl=-60), "expired"),
        (token("user", ttl=3600, aud="others"), "meant for"),
        (token("user", ttl=3600, iss="others"), "issued by"),
        (token("user", ttl=3600, secret="another secret, of thirty-two bytes or more"), "signature"),
        (unsigned(), "HS256"),
        (tampered(), "signature"),
        ("junk", ""),
        ("a.b.c", ""),
        ("\xff\xfe", ""),
        ("x" * 20_000, ""),
    ],
    ids=["expired", "audience", "issuer", "signature", "none", "tampered", "junk", "dots", "bytes", "long"],
)
async def test_a_bad_token_is_401_and_says_what_is_wrong(gateway: Gateway, stub: Stub, bad: str, says: str) -> None:
    async with connected(gateway) as client:
        for _ in range(2):
            reply = await client.ask(get("/x", b"Authorization: Bearer " + bad.encode("latin-1") + b"\r\n"))
            assert says in str(reply.problem(401, "unauthenticated")["detail"])
            assert 'error="invalid_token"' in (reply.header("www-authenticate") or "")
    assert stub.asked == []


async def test_a_missing_role_is_403_and_names_it(gateway: Gateway, stub: Stub) -> None:
    async with connected(gateway) as client:
        reply = await client.ask(post(b"body", "/admin/x", bearer("user")))
        assert "admin or root" in str(reply.problem(403, "forbidden")["detail"])
        assert 'error="insufficient_scope"' in (reply.header("www-authenticate") or "")
        assert stub.asked == []
        assert (await client.ask(get("/admin/x", bearer("user", "root")))).status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/open/../admin",
        "/open/%2e%2e/admin",
        "//admin",
        "/./admin",
        "/%61dmin",
        "/open/..//admin/",
        "/open/..%2fadmin",
        "/admin%2fx",
    ],
)
async def test_no_spelling_of_a_path_dodges_its_route(gateway: Gateway, stub: Stub, path: str) -> None:
    async with connected(gateway) as client:
        assert (await client.ask(get(path, bearer("user")))).status in (400, 403)
        assert (await client.ask(get(path))).status in (400, 401)
    assert stub.asked == []


async def test_a_public_route_asks_for_nothing_and_believes_nothing(gateway: Gateway) -> None:
    async with connected(gateway) as client:
        assert (await client.ask(get("/open"))).status == 200
        assert (await client.ask(get("/open", b"Authorization: Bearer junk\r\n"))).status == 200
    assert [line["principal"] for line in gateway.lines()] == [None, None]
