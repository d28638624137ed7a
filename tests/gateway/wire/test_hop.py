"""gateway.wire.hop: headers that end here."""

from __future__ import annotations

import pytest

from arena.gateway.wire.hop import HOP_BY_HOP, connection_options


@pytest.mark.parametrize(
    ("value", "options"),
    [
        (b"close", [b"close"]),
        (b" Keep-Alive ,X-A,\tUpgrade", [b"keep-alive", b"x-a", b"upgrade"]),
        (b"", []),
        (b",, ,", []),
    ],
)
def test_connection_options(value: bytes, options: list[bytes]) -> None:
    assert connection_options(value) == options


def test_the_list_of_rfc_9110() -> None:
    listed = {b"connection", b"proxy-connection", b"keep-alive", b"te", b"transfer-encoding", b"upgrade"}
    assert listed <= HOP_BY_HOP
    assert b"content-length" not in HOP_BY_HOP
