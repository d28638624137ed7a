"""gateway.filters.trace: request ids and trace context, in and out."""

from __future__ import annotations

import pytest

from arena.telemetry import trace
from tests.gateway.kit import Client, Gateway, Stub, get

TRACE_ID, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


async def test_a_valid_traceparent_is_continued_with_a_span_of_our_own(
    client: Client, stub: Stub, gateway: Gateway
) -> None:
    header = f"Traceparent: 00-{TRACE_ID}-{PARENT}-00\r\nTracestate: a=1\r\nTracestate: b=2\r\n".encode()
    reply = await client.ask(get("/", header))
    sent = trace.parse(stub.asked[0].header("traceparent") or "")
    assert sent is not None
    assert (sent.trace_id, sent.flags) == (TRACE_ID, 0)
    assert sent.span_id != PARENT
    assert reply.header("traceparent") == sent.header
    assert stub.asked[0].header("tracestate") == "a=1,b=2"
    assert (await gateway.line())["trace_id"] == TRACE_ID


@pytest.mark.parametrize(
    "value", ["junk", f"00-{'0' * 32}-{PARENT}-01", f"ff-{TRACE_ID}-{PARENT}-01", f"00-{TRACE_ID.upper()}-{PARENT}-01"]
)
async def test_an_invalid_traceparent_starts_a_new_trace(client: Client, stub: Stub, value: str) -> None:
    await client.ask(get("/", f"Traceparent: {value}\r\nTracestate: a=1\r\n".encode()))
    sent = trace.parse(stub.asked[0].header("traceparent") or "")
    assert sent is not None
    assert (sent.trace_id != TRACE_ID, sent.flags) == (True, trace.SAMPLED)
    assert stub.asked[0].header("tracestate") is None


async def test_two_traceparents_are_none(client: Client, stub: Stub) -> None:
    line = f"Traceparent: 00-{TRACE_ID}-{PARENT}-01\r\n".encode()
    await client.ask(get("/", line, line))
    assert TRACE_ID not in (stub.asked[0].header("traceparent") or "")


async def test_a_sane_request_id_goes_both_ways(client: Client, stub: Stub, gateway: Gateway) -> None:
    reply = await client.ask(get("/", b"X-Request-ID: order-66\r\n"))
    assert reply.header("x-request-id") == stub.asked[0].header("x-request-id") == "order-66"
    assert (await gateway.line())["request_id"] == "order-66"


async def test_an_odd_request_id_is_replaced(client: Client, stub: Stub) -> None:
    reply = await client.ask(get("/", b'X-Request-ID: "}, {"level": "fine\r\n'))
    assert '"' not in (reply.header("x-request-id") or '"')


async def test_identities_are_unlike(client: Client) -> None:
    replies = [await client.ask(get()) for _ in range(50)]
    assert len({reply.header("x-request-id") for reply in replies}) == 50
    assert len({reply.header("traceparent") for reply in replies}) == 50
