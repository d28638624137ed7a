"""gateway.wire.errors."""

from __future__ import annotations

from arena.gateway.wire.errors import RequestRefused, WireError


def test_a_refusal_is_a_wire_error_with_a_status() -> None:
    refused = RequestRefused(431, "too large")
    assert isinstance(refused, WireError)
    assert (refused.status, refused.detail, str(refused)) == (431, "too large", "too large")
