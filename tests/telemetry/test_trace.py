from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.telemetry import trace

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.mark.parametrize("flags", ["00", "01"])
def test_a_valid_header_is_read_and_written_again(flags: str) -> None:
    header = f"00-{TRACE}-{SPAN}-{flags}"
    context = trace.parse(header)
    assert context is not None and context.header == header


def test_a_later_version_may_carry_more() -> None:
    context = trace.parse(f"01-{TRACE}-{SPAN}-01-what-comes-later")
    assert context is not None and context.header == f"00-{TRACE}-{SPAN}-01"


@pytest.mark.parametrize(
    "header",
    [
        "", "x", f"ff-{TRACE}-{SPAN}-01", f"00-{TRACE}-{SPAN}-01-more", f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01", f"00-{TRACE.upper()}-{SPAN}-01", f"00-{TRACE}-{SPAN}", f"00-{TRACE}-{SPAN}-1",
        f"01-{TRACE}-{SPAN}-01more",
    ],
)  # fmt: skip
def test_what_the_standard_calls_invalid_starts_a_new_trace(header: str) -> None:
    assert trace.parse(header) is None


@given(st.text())
def test_no_text_breaks_the_parser(text: str) -> None:
    context = trace.parse(text)
    assert context is None or trace.parse(context.header) == context


def test_a_child_stays_in_the_trace_with_a_span_of_its_own() -> None:
    parent = trace.start()
    child = parent.child()
    assert child.trace_id == parent.trace_id and child.span_id != parent.span_id and child.flags == parent.flags
    assert trace.parse(child.header) == child
