"""gateway.wire.head: a head that comes again is the same object, and nobody leaves a trace on it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from arena.model.route import Route
from arena.model.transform import Edit, Pair, Transform
from tests.gateway.kit import Answer, Start, Stub, Talk, bearer, connected, get

EDITED = Transform(request=Edit((Pair("X-Set", "1"),), (Pair("X-Add", "2"),), ("X-Gone",), (Pair("X-Old", "X-New"),)))
ROUTES = (
    Route("edited", "web", "/edited", transform=EDITED),
    Route("timed", "web", "/timed", auth="none", timeout=60.0),
    Route("plain", "web", "/plain", auth="none"),
)
VARYING = ("x-request-id", "traceparent", "x-request-deadline", "x-arena-principal")


@pytest.mark.parametrize("path", ["/edited", "/timed", "/plain"])
async def test_what_a_route_makes_of_a_head_it_makes_of_the_next_one_anew(start: Start, stub: Stub, path: str) -> None:
    gateway = await start(stub.endpoint(), routes=ROUTES)
    asked = get(path, bearer("user"), b"X-Gone: 1\r\nX-Old: 2\r\nCookie: a=b\r\n")
    async with connected(gateway) as one, connected(gateway) as other:
        for client in (one, one, other, one, other):
            assert (await client.ask(asked)).status == 200
    assert len(gateway.plane.requests.known) == 1
    seen = [[line for line in each.headers if line[0] not in VARYING] for each in stub.asked]
    assert seen == [seen[0]] * 5
    assert all(sum(name == "x-request-deadline" for name, _ in each.headers) <= 1 for each in stub.asked)


async def test_a_refusal_that_ends_a_connection_ends_no_other(start: Start, stub: Stub) -> None:
    async def twice_the_length(talk: Talk) -> None:
        await talk.send(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx")

    gateway = await start(stub.endpoint(), routes=ROUTES)
    answers: dict[bool, Answer] = {True: stub.answer, False: twice_the_length}
    for sane in (True, True, False, True):
        stub.answer = answers[sane]
        async with connected(gateway) as client:
            for _ in range(2):
                assert (await client.ask(get("/plain"))).status == (200 if sane else 502)


async def test_after_a_swap_a_head_leads_where_the_new_routes_say(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), routes=ROUTES)
    async with connected(gateway) as client:
        assert [(await client.ask(get("/plain"))).status for _ in range(3)] == [200] * 3
        gateway.view.use_spec(replace(gateway.view.spec, routes=(replace(ROUTES[2], auth="required"),)))
        assert (await client.ask(get("/plain"))).status == 401
        gateway.view.use_spec(replace(gateway.view.spec, routes=()))
        assert (await client.ask(get("/plain"))).status == 404
