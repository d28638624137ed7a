"""Headers that end at the next hop. Source: RFC 9110 section 7.6.1, and the older list of RFC 2616 section 13.5.1."""

from __future__ import annotations

HOP_BY_HOP = frozenset(
    {
        b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade",
        b"proxy-authenticate", b"proxy-authorization", b"proxy-authentication-info", b"http2-settings",
    }
)  # fmt: skip


def connection_options(value: bytes) -> list[bytes]:
    """The options of a Connection header, lower case: names of further headers that end here, `close`, `keep-alive`."""
    return [option for part in value.lower().split(b",") if (option := part.strip(b" \t"))]
