"""gateway.condition, and the routes that are told apart by it, through a running gateway."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from arena.gateway.table.condition import LONGEST, compile_conditions
from arena.model.cors import Cors
from arena.model.match import Condition
from arena.model.route import Route
from tests.gateway.kit import Client, Reply, Start, Stub, Talk, connected, get

LINES = [b"X-Canary: true", b"x-many:  one", b"x-many: two\t", b"cookie: who=me; empty=", b"x-empty:"]
QUERY = b"?a=1&b=x%20y&c=+&%64=4&a=2&e&&f=%ff&g==%3D"


def holds(*conditions: Condition, query: bytes = QUERY) -> bool:
    compiled = compile_conditions(conditions)
    assert compiled is not None
    return compiled(SimpleNamespace(fields=LINES, query=query))  # type: ignore[arg-type]  # what it reads


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Condition("header", "x-canary", "exact", "true"), True),
        (Condition("header", "x-canary", "exact", "True"), False),
        (Condition("header", "x-canary", "exact", "tru"), False),
        (Condition("header", "x-canary", "prefix", "tru"), True),
        (Condition("header", "x-canar", "present"), False),
        (Condition("header", "x-many", "exact", "two"), True),
        (Condition("header", "x-empty", "exact", ""), True),
        (Condition("header", "x-empty", "present"), True),
        (Condition("header", "x-empty", "absent"), False),
        (Condition("header", "x-none", "absent"), True),
        (Condition("header", "x-none", "exact", ""), False),
        (Condition("cookie", "who", "exact", "me"), True),
        (Condition("cookie", "Who", "present"), False),
        (Condition("cookie", "empty", "exact", ""), True),
        (Condition("query", "a", "exact", "2"), True),
        (Condition("query", "b", "exact", "x y"), True),
        (Condition("query", "c", "exact", " "), True),
        (Condition("query", "d", "exact", "4"), True),
        (Condition("query", "e", "exact", ""), True),
        (Condition("query", "", "present"), False),
        (Condition("query", "f", "present"), True),
        (Condition("query", "g", "exact", "=="), True),
        (Condition("query", "h", "absent"), True),
        (Condition("header", "x-canary", "regex", "t.*e"), True),
        (Condition("header", "x-canary", "regex", "tru"), False),
        (Condition("header", "x-canary", "regex", "T.*"), False),
        (Condition("header", "x-canary", "regex", "(?i)T.*"), True),
        (Condition("header", "x-many", "regex", "one|three"), True),
        (Condition("header", "x-empty", "regex", ".*"), True),
        (Condition("header", "x-none", "regex", ".*"), False),
        (Condition("cookie", "who", "regex", "[a-m]+e"), True),
        (Condition("query", "b", "regex", r"x\sy"), True),
        (Condition("query", "f", "regex", "\ufffd"), True),
    ],
)
def test_a_condition(condition: Condition, expected: bool) -> None:
    assert holds(condition) is expected


def test_all_must_hold_and_none_is_no_question() -> None:
    yes, no = Condition("header", "x-canary", "present"), Condition("query", "zzz", "present")
    assert holds(yes, yes) and not holds(yes, no)
    assert compile_conditions(()) is None
    assert not holds(no, query=b"") and not holds(no, query=b"?")


@pytest.mark.parametrize("text", ["(a+)+b", "(a|aa)+b", "(.*a){12}b", ".*a.{200}b", "([a-z]+)*[0-9]"])
def test_an_expression_takes_no_longer_than_what_it_looks_at(text: str) -> None:
    """With Python's `re` the first of these would run until the sun goes out."""
    test = Condition("query", "a", "regex", text)
    began = time.perf_counter()
    assert not holds(test, query=b"?a=" + b"a" * (LONGEST - 1) + b"!")
    assert not holds(test, query=b"?a=" + b"a" * 1_000_000 + b"b")
    assert time.perf_counter() - began < 2.0


def test_a_long_value_fits_no_expression() -> None:
    test = Condition("query", "a", "regex", "a*")
    assert holds(test, query=b"?a=" + b"a" * LONGEST) and not holds(test, query=b"?a=" + b"a" * (LONGEST + 1))
    assert holds(test, query=b"?a=" + b"a" * (LONGEST + 1) + b"&a=aa")


def test_a_hostile_query_takes_no_longer_than_its_length() -> None:
    began = time.perf_counter()
    for text in (b"&" * 30_000, b"a=1&" * 7_500, b"%" * 30_000, b"%61" * 10_000, b"a=" + b"=" * 30_000):
        assert not holds(Condition("query", "zzz", "prefix", "a" * 100), query=b"?" + text)
    assert time.perf_counter() - began < 2.0


CANARY = Condition("header", "x-canary", "exact", "true")


def route(name: str, *match: Condition, path: str = "/", **kwargs: object) -> Route:
    return Route(name, "web", path, auth="none", match=match, **kwargs)  # type: ignore[arg-type]  # fields of a route


async def taken(client: Client, path: str = "/", *lines: bytes, method: str = "GET") -> str | int:
    """The route that took a request, or the status of the refusal."""
    reply = await client.ask(get(path, *lines, method=method))
    return reply.header("x-route") or reply.status


@pytest.fixture
def tells(stub: Stub) -> Stub:
    async def answer(talk: Talk) -> None:
        await talk.reply(headers=f"x-route: {talk.asked.header('x-told')}\r\n")

    stub.answer = answer
    return stub


def told(one: Route) -> Route:
    from dataclasses import replace

    from arena.model.transform import Edit, Pair, Transform

    return replace(one, transform=Transform(Edit(set=(Pair("X-Told", one.name),))))


async def test_the_one_that_asks_most_is_tried_first(start: Start, tells: Stub) -> None:
    routes = (
        route("plain"),
        route("query", Condition("query", "v", "exact", "2")),
        route("canary", CANARY),
        route("both", CANARY, Condition("cookie", "who", "present")),
        route("first", Condition("header", "x-a", "present")),
        route("second", Condition("header", "x-b", "present")),
        route("writes", methods=("POST",)),
    )
    gateway = await start(tells.endpoint(), routes=tuple(map(told, routes)))
    canary = b"X-Canary: true\r\n"
    async with connected(gateway) as client:
        assert await taken(client) == "plain"
        assert await taken(client, "/?v=2") == "query"
        assert await taken(client, "/?v=2", canary) == "canary"
        assert await taken(client, "/?v=2", canary, b"Cookie: who=x\r\n") == "both"
        assert await taken(client, "/", b"X-B: 1\r\n", b"X-A: 1\r\n") == "first"
        assert await taken(client, "/", canary, method="POST") == "writes"
        # Decided anew for each request, though host and path are the same.
        assert [await taken(client, "/", *lines) for lines in ((canary,), (), (canary,))] == [
            "canary",
            "plain",
            "canary",
        ]
    assert {line["route"] for line in gateway.lines()} == {each.name for each in routes} - {"second"}


async def test_a_route_that_does_not_hold_leaves_the_request_to_a_shorter_path(start: Start, tells: Stub) -> None:
    routes = (
        route("root"),
        route("deep", CANARY, path="/api"),
        route("reads", Condition("header", "x-a", "present"), path="/api", methods=("GET",)),
        route("there", CANARY, path="/there", hosts=("gw.example",)),
    )
    gateway = await start(tells.endpoint(), routes=tuple(map(told, routes)))
    async with connected(gateway) as client:
        assert await taken(client, "/api") == "root"
        assert await taken(client, "/api/x", b"X-Canary: true\r\n") == "deep"
        assert await taken(client, "/there") == "root"
        assert await taken(client, "/there", b"X-Canary: true\r\n") == "there"
        # One that holds and does not take the method is a refusal, not a shorter path.
        reply = await client.ask(get("/api", b"X-A: 1\r\n", method="DELETE"))
        reply.problem(405, "method-not-allowed")
        assert reply.header("allow") == "GET, HEAD"


async def test_nobody_holds(start: Start, tells: Stub) -> None:
    gateway = await start(tells.endpoint(), routes=(route("only", CANARY, path="/only"),))
    async with connected(gateway) as client:
        (await client.ask(get("/only"))).problem(404, "not-found")
        assert (await client.ask(get("/only", b"x-canary: true\r\n"))).status == 200
        (await client.ask(get("/only", b"x_canary: true\r\n"))).problem(404, "not-found")
        # Before anybody decided, a body that cannot be read is refused and counted like any other.
        bad = get("/only", b"Transfer-Encoding: chunked\r\n", method="POST") + b"zz\r\n"
        (await client.ask(bad)).problem(400, "bad-request")
    assert gateway.plane.stats.in_flight == 0
    assert [line["route"] for line in gateway.lines()] == [None, "only", None, None]


async def test_a_preflight_cannot_hold_what_it_asks_about(start: Start, tells: Stub) -> None:
    allowed, other = Cors(("https://a.example",)), Cors(("https://b.example",))
    routes = (route("canary", CANARY, cors=other), route("plain", cors=allowed))
    gateway = await start(tells.endpoint(), routes=tuple(map(told, routes)))
    lines = b"Origin: https://a.example\r\nAccess-Control-Request-Method: GET\r\n"
    async with connected(gateway) as client:
        reply: Reply = await client.ask(get("/", lines, method="OPTIONS"))
        assert (reply.status, reply.header("access-control-allow-origin")) == (200, "https://a.example")
        assert await taken(client, "/", b"X-Canary: true\r\n", method="OPTIONS") == "canary"
        assert await taken(client, "/", method="OPTIONS") == "plain"
