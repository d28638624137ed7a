"""gateway.filters.transform: what goes to the service and comes back, over sockets."""

from __future__ import annotations

import pytest

from arena.gateway.filters.transform import Change, compile_transform
from arena.model.route import Route
from arena.model.transform import Edit, Pair, PathRewrite, StatusChange, Transform
from tests.gateway.kit import Reply, Start, Stub, Talk, bearer, connected, get, post

USER = Pair("X-User", "user-${principal.sub}")
FULL = Transform(
    request=Edit((USER, Pair("X-Where", "${request.host} ${route.name} ${client.ip}")), (), ("Authorization",)),
    response=Edit((Pair("X-Id", "${request.id}"),), (Pair("Set-Cookie", "b=2"),), ("Server",), (Pair("A", "B"),)),
    statuses=(StatusChange(404, 410),),
    path=PathRewrite("/v2"),
    query=Edit((Pair("who", "${principal.sub}"),)),
)


async def ask(start: Start, stub: Stub, transform: Transform, request: bytes, auth: str = "required") -> Reply:
    gateway = await start(stub.endpoint(), routes=(Route("r", "web", "/api", transform=transform, auth=auth),))  # type: ignore[arg-type]  # a literal
    async with connected(gateway) as client:
        return await client.ask(request)


async def answer(talk: Talk) -> None:
    await talk.reply(b"gone", "404 Not Found", "Server: x\r\nA: 1\r\nSet-Cookie: a=1\r\n")


async def test_all_of_it_at_once(start: Start, stub: Stub) -> None:
    stub.answer = answer
    forged = b"x-user: root\r\nX_User: root\r\nConnection: X-User\r\nX-Keep: 1\r\n"
    reply = await ask(start, stub, FULL, get("/api/a?who=root&b", forged, bearer(sub="al")))
    (asked,) = stub.asked
    assert (asked.target, asked.header("x-user")) == ("/v2/a?b&who=al", "user-al")
    assert asked.header("x-where") == "gw.example r 127.0.0.1"
    assert (asked.header("authorization"), asked.header("x_user"), asked.header("x-keep")) == (None, None, "1")
    assert (reply.status, reply.body) == (410, b"gone")
    assert (reply.header("x-id"), reply.header("b")) == (reply.header("x-request-id"), "1")
    assert reply.header("server") is reply.header("a") is None
    assert [value for name, value in reply.headers if name == "set-cookie"] == ["a=1", "b=2"]


@pytest.mark.parametrize("sub", ["a\r\nX-Admin: yes", "a\nb", "a\x00", " root"])
async def test_a_subject_cannot_inject_a_header(start: Start, stub: Stub, sub: str) -> None:
    reply = await ask(start, stub, FULL, get("/api", b"X-User: root\r\n", bearer(sub=sub)))
    assert reply.status in (200, 401)
    for asked in stub.asked:
        assert asked.header("x-admin") is None
        assert asked.header("x-user") in (None, f"user-{sub}")


async def test_a_public_route_has_no_subject(start: Start, stub: Stub) -> None:
    await ask(start, stub, FULL, get("/api?who=root", b"X-User: root\r\n"), auth="none")
    assert (stub.asked[0].header("x-user"), stub.asked[0].target) == (None, "/v2")


async def test_a_body_and_a_streamed_reply_pass_through(start: Start, stub: Stub) -> None:
    async def streamed(talk: Talk) -> None:
        await talk.send(b"HTTP/1.1 404 No\r\nserver: x\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n")
        await talk.send(b"1\r\nc\r\n0\r\n\r\n")

    stub.answer = streamed
    reply = await ask(start, stub, FULL, post(b"body", "/api/x", bearer()))
    assert (reply.status, reply.body, reply.header("server")) == (410, b"abc", None)
    assert (stub.asked[0].body, stub.asked[0].header("content-length")) == (b"body", "4")


async def test_a_rewritten_path_with_two_meanings_is_refused(start: Start, stub: Stub) -> None:
    (await ask(start, stub, FULL, get("/api%2Fx", bearer()))).problem(400, "bad-request")
    assert stub.asked == []


async def test_a_breaker_judges_the_services_own_status(start: Start, stub: Stub) -> None:
    async def broken(talk: Talk) -> None:
        await talk.reply(b"", "503 No")

    stub.answer = broken
    route = Route("r", "web", "/", auth="none", transform=Transform(statuses=(StatusChange(503, 404),)))
    gateway = await start(stub.endpoint(), routes=(route,))
    async with connected(gateway) as client:
        statuses = [(await client.ask(get())).status for _ in range(6)]
    assert statuses == [404] * 5 + [503]
    assert len(stub.asked) == 5


def test_a_route_that_changes_nothing_pays_nothing() -> None:
    assert compile_transform(Transform()) == Change()
