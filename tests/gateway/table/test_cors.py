"""gateway.cors: what browsers are told, over sockets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from arena.gateway.table.cors import CorsRule
from arena.model.cors import Cors
from arena.model.route import RateLimit, Route
from tests.gateway.kit import Reply, Start, Stub, Talk, bearer, connected, get, post

APP = "https://app.example"
RULES = Cors((APP, "http://localhost:3000"), expose=("X-Total",), credentials=True, max_age=60)
ORIGIN = f"Origin: {APP}\r\n".encode()
LIMIT = RateLimit(0.001, 1, "ip")


def route(cors: Cors | None = RULES, name: str = "r", methods: tuple[str, ...] = ("GET", "POST")) -> Route:
    return Route(name, "web", "/a", methods=methods, cors=cors)


def preflight(method: str = "POST", origin: str = APP) -> bytes:
    lines = f"Origin: {origin}\r\nAccess-Control-Request-Method: {method}\r\nAccess-Control-Request-Headers: x\r\n"
    return get("/a/b", lines.encode(), method="OPTIONS")


async def ask(start: Start, stub: Stub, request: bytes, *routes: Route) -> Reply:
    gateway = await start(stub.endpoint(), routes=routes or (route(),))
    async with connected(gateway) as client:
        return await client.ask(request)


async def test_a_preflight_is_answered_before_auth(start: Start, stub: Stub) -> None:
    reply = await ask(start, stub, preflight())
    assert (reply.status, reply.body, stub.asked) == (200, b"", [])
    assert reply.header("access-control-allow-origin") == APP
    assert reply.header("access-control-allow-credentials") == "true"
    assert reply.header("access-control-allow-methods") == "GET, POST"
    assert reply.header("access-control-allow-headers") == "Authorization, Content-Type, X-API-Key"
    assert reply.header("access-control-max-age") == "60"
    assert reply.header("vary") == "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://app.example.evil", f"{APP}\r\nOrigin: x"])
async def test_strangers_are_told_nothing(start: Start, stub: Stub, origin: str) -> None:
    reply = await ask(start, stub, preflight(origin=origin))
    assert reply.status in (401, 403, 405)
    assert reply.header("access-control-allow-origin") is None
    reply = await ask(start, stub, get("/a", f"Origin: {origin}\r\n".encode(), bearer()))
    assert (reply.status, reply.header("access-control-allow-origin"), reply.header("vary")) == (200, None, "Origin")


async def test_a_reply_is_marked_and_the_services_own_word_is_dropped(start: Start, stub: Stub) -> None:
    async def answer(talk: Talk) -> None:
        await talk.reply(headers="Access-Control-Allow-Origin: *\r\nVary: Accept\r\n")

    stub.answer = answer
    reply = await ask(start, stub, get("/a", ORIGIN, bearer()))
    assert reply.header("access-control-allow-origin") == APP
    assert reply.header("access-control-expose-headers") == "X-Total"
    assert [value for name, value in reply.headers if name == "vary"] == ["Accept", "Origin"]
    assert stub.asked[0].header("origin") == APP


async def test_a_page_may_read_why_it_was_refused(start: Start, stub: Stub) -> None:
    reply = await ask(start, stub, get("/a", ORIGIN))
    reply.problem(401, "unauthenticated")
    assert reply.header("access-control-allow-origin") == APP


async def test_a_page_may_read_what_no_filter_has_seen(start: Start, stub: Stub) -> None:
    long = replace(route(), max_body_bytes=4)
    line = f"Origin: {APP}\r\n".encode()
    reply = await ask(start, stub, post(b"12345", "/a", line), long)
    reply.problem(413, "body-too-large")
    assert (reply.header("access-control-allow-origin"), reply.header("vary")) == (APP, "Origin")
    chunked = get("/a", line, b"Transfer-Encoding: chunked\r\n", bearer(), method="POST") + b"5\r\n12345\r\n0\r\n\r\n"
    reply = await ask(start, stub, chunked, long)
    reply.problem(413, "body-too-large")
    assert reply.header("access-control-allow-origin") == APP
    reply = await ask(start, stub, get("/a", line, b"Connection: Upgrade\r\nUpgrade: websocket\r\n"))
    reply.problem(501, "not-implemented")
    assert reply.header("access-control-allow-origin") == APP
    reply = await ask(start, stub, get("/a", line, b"X-Request-Deadline: 1\r\n"))
    reply.problem(504, "deadline-exceeded")
    assert reply.header("access-control-allow-origin") == APP
    reply = await ask(start, stub, post(b"", "/a", line), route(methods=("GET",)))
    reply.problem(405, "method-not-allowed")
    assert (reply.header("access-control-allow-origin"), reply.header("allow")) == (APP, "GET, HEAD")
    reply = await ask(start, stub, post(b"12345", "/a", b"Origin: https://evil.example\r\n"), long)
    assert (reply.status, reply.header("access-control-allow-origin")) == (413, None)


async def test_a_preflight_is_counted_and_logged_as_the_routes_it_asks_about(start: Start, stub: Stub) -> None:
    routes = (route(methods=("GET",)), route(Cors(("*",)), "post", ("POST",)), route(None, "put", ("PUT",)))
    gateway = await start(stub.endpoint(), routes=routes)
    async with connected(gateway) as client:
        for method in ("POST", "GET", "PUT"):
            await client.ask(preflight(method))
        page = (await client.ask(get("/metrics"))).body.decode()
    lines = gateway.lines()
    told = [(line["method"], line["path"], line["route"], line["service"], line["status"]) for line in lines]
    assert told == [
        ("OPTIONS", "/a/b", name, "web", status) for name, status in (("post", 200), ("r", 200), ("put", 403))
    ]
    for name, status in (("post", "2xx"), ("r", "2xx"), ("put", "4xx")):
        assert f'arena_gateway_requests_total{{route="{name}",service="web",status="{status}"}} 1' in page


async def test_limits_say_their_part_beside_it(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), routes=(route(),), rate_limits=(LIMIT,))
    async with connected(gateway) as client:
        for status in (200, 429):
            reply = await client.ask(get("/a", ORIGIN, bearer()))
            assert (reply.status, reply.header("access-control-allow-origin")) == (status, APP)
            assert reply.header("ratelimit")
        assert (await client.ask(preflight())).status == 200


async def test_any_origin(start: Start, stub: Stub) -> None:
    rules = Cors(("*",))
    reply = await ask(start, stub, preflight(origin="https://x.y"), route(rules))
    assert reply.header("access-control-allow-origin") == "*"
    assert reply.header("access-control-allow-credentials") is None
    reply = await ask(start, stub, get("/a", b"Origin: https://x.y\r\n", bearer()), route(rules))
    assert (reply.header("access-control-allow-origin"), reply.header("vary")) == ("*", None)


async def test_each_method_has_its_own_routes_rules(start: Start, stub: Stub) -> None:
    routes = (route(methods=("GET",)), route(Cors(("*",)), "post", ("POST",)), route(None, "put", ("PUT",)))
    assert (await ask(start, stub, preflight("GET"), *routes)).header("access-control-allow-origin") == APP
    assert (await ask(start, stub, preflight("POST"), *routes)).header("access-control-allow-origin") == "*"
    (await ask(start, stub, preflight("PUT"), *routes)).problem(403, "forbidden")


async def test_an_options_request_that_is_no_preflight(start: Start, stub: Stub) -> None:
    (await ask(start, stub, get("/a", method="OPTIONS"))).problem(405, "method-not-allowed")
    takes_it = route(methods=("GET", "OPTIONS"))
    assert (await ask(start, stub, get("/a", bearer(), method="OPTIONS"), takes_it)).status == 200
    assert stub.asked[-1].method == "OPTIONS"
    (await ask(start, stub, get("/a", method="OPTIONS"), takes_it)).problem(401, "unauthenticated")


async def test_without_rules_a_preflight_is_a_request_like_any_other(start: Start, stub: Stub) -> None:
    (await ask(start, stub, preflight(), route(None))).problem(405, "method-not-allowed")


@pytest.mark.parametrize(
    "cors", [Cors(("*",), credentials=True), Cors((APP,), headers=("*",), credentials=True)], ids=["origin", "header"]
)
def test_credentials_know_no_wildcard(cors: Cors) -> None:
    with pytest.raises(ValueError, match="knows no"):
        CorsRule(cors, ())
