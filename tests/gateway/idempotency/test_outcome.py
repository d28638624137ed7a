"""gateway.idempotency.guard: what becomes of a request that comes again, by what became of the first."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from arena.model.resilience import Fallback
from arena.model.transform import BodyEdit, Pair, Transform
from tests.gateway.idempotency.kit import ALICE, GUARDED, KEY, Counter, again, ruled, same
from tests.gateway.kit import Cut, Start, Stub, Talk, connected, eventually, post


@pytest.mark.parametrize("status", ["503 Busy\r\nRetry-After: 1", "429 Slow", "408 Late", "425 Early"])
async def test_what_the_service_did_not_begin_may_be_tried_again(guarded: Any, service: Counter, status: str) -> None:
    gateway = await guarded()
    service.status = status
    async with connected(gateway) as client:
        assert (await client.ask(post(b"pay", "/", ALICE, KEY))).status == int(status[:3])
        service.status = "201 Created"
        second = await again(client, post(b"pay", "/", ALICE, KEY))
        assert (second.status, second.body, second.header("idempotent-replayed")) == (201, b"done 2", None)


@pytest.mark.parametrize("status", ["500 Oops", "503 Busy", "502 Sorry", "404 Gone"])
async def test_errors_are_given_again_for_the_work_may_have_been_done(
    guarded: Any, service: Counter, status: str
) -> None:
    gateway = await guarded()
    service.status = status
    async with connected(gateway) as client:
        first = await client.ask(post(b"pay", "/", ALICE, KEY))
        second = await again(client, post(b"pay", "/", ALICE, KEY), int(status[:3]))
        assert same(first, second) and second.header("idempotent-replayed") == "true"
    assert service.count == 1


@pytest.mark.parametrize("status", ["500 Oops", "503 Busy"])
async def test_errors_may_be_tried_again_if_the_route_says_so(guarded: Any, service: Counter, status: str) -> None:
    gateway = await guarded(ruled(keep_errors=False))
    service.status = status
    async with connected(gateway) as client:
        assert (await client.ask(post(b"pay", "/", ALICE, KEY))).status == int(status[:3])
        service.status = "201 Created"
        second = await again(client, post(b"pay", "/", ALICE, KEY))
        assert (second.status, second.body, second.header("idempotent-replayed")) == (201, b"done 2", None)


async def cut_off(talk: Talk, status: bytes) -> None:
    await talk.send(b"HTTP/1.1 %b\r\ncontent-length: 10\r\n\r\nhalf" % status)
    talk.writer.close()


@pytest.mark.parametrize(
    ("status", "keep_errors", "repeated"),
    [
        (b"201 Created", False, False),  # it was done, and has said so
        (b"500 Oops", False, True),
        (b"500 Oops", True, False),
        (b"429 Slow", False, True),
    ],
)
async def test_a_request_whose_reply_broke_off(
    start: Start, stub: Stub, status: bytes, keep_errors: bool, repeated: bool
) -> None:
    stub.answer = lambda talk: cut_off(talk, status)
    gateway = await start(stub.endpoint(), routes=(ruled(keep_errors=keep_errors),))
    async with connected(gateway) as client:
        with pytest.raises(Cut):
            await client.ask(post(b"pay", "/", ALICE, KEY))
    counter = Counter(stub)
    await eventually(lambda: gateway.plane.stats.in_flight == 0)
    async with connected(gateway) as client:
        reply = await again(client, post(b"pay", "/", ALICE, KEY), 201 if repeated else 409)
    assert (reply.status, counter.count) == ((201, 1) if repeated else (409, 0))


@pytest.mark.parametrize("whose", ["upstream-timeout", "deadline-exceeded"])
@pytest.mark.parametrize("keep_errors", [False, True])
async def test_a_request_that_got_no_reply_is_carried_out_again_unless_errors_are_kept(
    guarded: Any, service: Counter, keep_errors: bool, whose: str
) -> None:
    gateway = await guarded(replace(ruled(keep_errors=keep_errors), first_byte_timeout=0.3))
    service.go.clear()
    own = f"x-request-deadline: {time.time() + 0.2:.3f}\r\n".encode() if whose == "deadline-exceeded" else b""
    async with connected(gateway) as client:
        (await client.ask(post(b"pay", "/", ALICE, KEY, own))).problem(504, whose)
        service.go.set()
        await eventually(lambda: gateway.plane.stats.in_flight == 0)
        reply = await again(client, post(b"pay", "/", ALICE, KEY), 409 if keep_errors else 201)
        if keep_errors:
            assert "find out what became of it" in str(reply.problem(409, "idempotency-conflict"))
    assert (reply.status, service.count) == ((409, 1) if keep_errors else (201, 2))


async def test_what_a_fallback_says_is_not_what_the_service_did(guarded: Any, service: Counter) -> None:
    sorry = Fallback(status=202, body="later")
    gateway = await guarded(replace(GUARDED, first_byte_timeout=0.3, fallback=sorry))
    service.go.clear()
    async with connected(gateway) as client:
        assert (await client.ask(post(b"pay", "/", ALICE, KEY))).body == b"later"
        await eventually(lambda: gateway.plane.stats.in_flight == 0)
        service.go.set()
        reply = await again(client, post(b"pay", "/", ALICE, KEY), 409)
        assert "may have been carried out" in str(reply.problem(409, "idempotency-conflict")["detail"])
    assert service.count == 1


@pytest.mark.parametrize("lines", ["", "content-encoding: gzip\r\n"])
async def test_a_reply_that_cannot_be_changed_was_one_all_the_same(
    guarded: Any, service: Counter, stub: Stub, lines: str
) -> None:
    changed = Transform(response_body=BodyEdit(set=(Pair("/a", "1"),)))
    gateway = await guarded(replace(GUARDED, transform=changed))

    async def odd(talk: Talk) -> None:
        service.count += 1
        await talk.reply(b"no JSON", "201 Created", "content-type: application/json\r\n" + lines)

    stub.answer = odd
    async with connected(gateway) as client:
        (await client.ask(post(b"pay", "/", ALICE, KEY))).problem(502, "upstream-failed")
        await eventually(lambda: gateway.plane.stats.in_flight == 0)
        assert (await again(client, post(b"pay", "/", ALICE, KEY), 409)).status == 409
    assert service.count == 1


async def test_a_request_that_went_nowhere_is_carried_out_again(start: Start, stub: Stub) -> None:
    gateway = await start(routes=(GUARDED,))
    async with connected(gateway) as client:
        assert (await client.ask(post(b"pay", "/", ALICE, KEY))).status == 503
        gateway.endpoints(stub.endpoint())
        counter = Counter(stub)
        assert (await again(client, post(b"pay", "/", ALICE, KEY))).status == 201
    assert counter.count == 1


async def test_a_reply_too_long_to_keep_is_remembered_as_done(guarded: Any, service: Counter) -> None:
    gateway = await guarded(ruled(max_reply_bytes=1000))
    service.body = b"x" * 1001
    async with connected(gateway) as client:
        assert len((await client.ask(post(b"pay", "/", ALICE, KEY))).body) == 1001
        await eventually(lambda: gateway.plane.stats.in_flight == 0)
        reply = await again(client, post(b"pay", "/", ALICE, KEY), 409)
        reply.problem(409, "idempotency-conflict")
        service.body = b"x" * 1000
        other = b"Idempotency-Key: k2\r\n"
        await client.ask(post(b"pay", "/", ALICE, other))
        assert len((await again(client, post(b"pay", "/", ALICE, other))).body) == 1000
    assert service.count == 2
