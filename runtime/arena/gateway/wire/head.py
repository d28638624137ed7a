"""A request head as everybody but its reader sees it: to be read, never to be changed.

The same head stands for every request that came as the same bytes (see `wire.request`), so that a change would be seen by
strangers. What a request needs changed is changed in a copy (`changed`), or in the lines the exchange holds.
"""

from __future__ import annotations

from typing import Protocol


class RequestHead(Protocol):
    """What a request line and header fields say. `passed` is what `fields` are sent on as, where that is known: with the host
    before them, Via and the blank line behind; b'' where it is not."""

    @property
    def method(self) -> bytes:
        """As sent."""

    @property
    def target(self) -> bytes:
        """Begins with a slash, or is `*`."""

    @property
    def old(self) -> bool:
        """HTTP/1.0."""

    @property
    def host(self) -> bytes | None:
        """As sent."""

    @property
    def hostname(self) -> bytes:
        """Lower case, without the port."""

    @property
    def authorization(self) -> bytes | None:
        """The value of that header; the line is among `fields` too."""

    @property
    def api_key(self) -> bytes | None:
        """The value of X-API-Key; the line is among `fields` too."""

    @property
    def content_length(self) -> int:
        """0 without a body, -1 when chunked."""

    @property
    def chunked(self) -> bool:
        """Whether the body comes in chunks."""

    @property
    def connection(self) -> bytes | None:
        """The value of Connection, None where it says what is meant anyway."""

    @property
    def keep_alive(self) -> bool:
        """Whether the client means to send another request."""

    @property
    def expect(self) -> bool:
        """Whether the client waits for 100 Continue."""

    @property
    def upgrade(self) -> bytes:
        """What the client asked to switch to, b'' for nothing."""

    @property
    def deadline(self) -> bytes | None:
        """The value of X-Request-Deadline."""

    @property
    def request_id(self) -> bytes | None:
        """The value of X-Request-Id, b'' where it is not sane."""

    @property
    def traceparent(self) -> bytes | None:
        """The value of that header, b'' where it is there twice."""

    @property
    def tracestate(self) -> bytes | None:
        """The value of that header, of all of them where it is there twice."""

    @property
    def fields(self) -> tuple[bytes, ...]:
        """The end-to-end header lines in their order, without what the gateway writes itself: Host, framing, hop-by-hop,
        tracing, forwarding and deadline headers."""

    @property
    def passed(self) -> bytes:
        """See above."""
