import asyncio
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.sdk import current
from arena.sdk.request import enter

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_outside_of_a_request_there_is_none() -> None:
    assert current() is None


async def test_the_callers_trace_goes_on_with_a_span_of_our_own() -> None:
    headers = [(b"traceparent", PARENT.encode()), (b"tracestate", b"a=1,b=2"), (b"x-request-id", b"req-1")]
    context = enter(headers)
    assert context.trace.trace_id == "0af7651916cd43dd8448eb211c80319c"
    assert context.trace.span_id != "b7ad6b7169203331"
    assert context.request_id == "req-1"
    assert context.tracestate == "a=1,b=2"
    assert current() is context


async def test_a_trace_that_is_not_sampled_stays_so() -> None:
    assert enter([(b"traceparent", PARENT[:-2].encode() + b"00")]).trace.flags == 0


async def test_without_a_valid_parent_a_trace_begins_and_the_state_is_dropped() -> None:
    context = enter([(b"traceparent", b"junk"), (b"tracestate", b"a=1")])
    assert len(context.trace.trace_id) == 32
    assert context.tracestate == ""


@pytest.mark.parametrize("unsafe", [b"", b"a b", b"a\nb", b"x" * 129, "ü".encode(), b'"', b"{}"])
async def test_an_unsafe_request_id_is_replaced(unsafe: bytes) -> None:
    assert enter([(b"x-request-id", unsafe)]).request_id.encode() != unsafe


@given(st.lists(st.tuples(st.sampled_from([b"traceparent", b"tracestate", b"x-request-id"]), st.binary(max_size=200))))
def test_junk_headers_never_raise_and_never_pass(headers: list[tuple[bytes, bytes]]) -> None:
    async def ask() -> str:
        return enter(headers).request_id

    safe = set(string.ascii_letters + string.digits + "._:-")
    assert set(asyncio.run(ask())) <= safe


async def test_two_tasks_do_not_see_each_others_request() -> None:
    async def serve(name: bytes) -> str:
        enter([(b"x-request-id", name)])
        await asyncio.sleep(0)
        context = current()
        assert context is not None
        return context.request_id

    assert await asyncio.gather(serve(b"one"), serve(b"two")) == ["one", "two"]
