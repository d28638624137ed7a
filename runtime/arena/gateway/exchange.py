"""One request's facts, from its head to its line in the access log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from arena.gateway.wire.request import RequestHead
from arena.model.principal import Principal

if TYPE_CHECKING:
    from arena.gateway.client import ClientConnection
    from arena.gateway.routing import Match, Service
    from arena.gateway.target import Target
    from arena.gateway.upstream import UpstreamConnection

Outcome = Literal[
    "served",  # the upstream's reply was passed on whole
    "refused",  # the gateway answered: the request was at fault
    "failed",  # the gateway answered: the upstream, or its absence, was at fault
    "cut",  # the reply had begun and could not be finished; the client saw the connection break
    "left",  # the client went away first
]


class Exchange:
    """One request and its reply. Times are seconds on the monotonic clock, sizes bytes of body.

    `ids` are the header lines that carry the request id and the trace onward, to the upstream and back to the client.
    `body` is the part of the request body that arrived before there was an upstream to send it to; `body_done` says
    that the whole body has arrived. `query` starts with its question mark. `first_byte` is how long the reply's head
    may take. `reply_fields` are further header lines for the client alone, b'' for none. `answered`: a reply head went
    to the client. `admission` is the generation of the target's breaker that let the attempt through, `judged` says that
    it heard of the attempt's end. `over`: nothing more may happen.
    """

    __slots__ = (
        "admission", "answered", "attempts", "began", "body", "body_done", "body_limit", "bytes_in", "bytes_out",
        "client", "first_byte", "head", "ids", "judged", "keep", "log_caller", "match", "over", "principal", "query",
        "reply_fields", "request_id", "sent_at", "service", "status", "target", "trace_id", "upstream", "upstream_seconds",
    )  # fmt: skip

    service: Service
    """Set when a route has matched."""

    def __init__(self, client: ClientConnection, head: RequestHead, match: Match, began: float) -> None:
        self.client = client
        self.head = head
        self.match = match
        self.query = b""
        self.began = began
        self.ids = b""
        self.request_id = ""
        self.trace_id = ""
        self.reply_fields = b""
        self.principal: Principal | None = None
        self.log_caller = "null"  # the principal's subject as JSON
        self.target: Target | None = None
        self.upstream: UpstreamConnection | None = None
        self.body = b""
        self.body_done = True
        self.body_limit = 0
        self.first_byte = 0.0
        self.attempts = 0
        self.admission = 0
        self.judged = True
        self.answered = False
        self.keep = False
        self.over = False
        self.status = 0
        self.bytes_in = 0
        self.bytes_out = 0
        self.sent_at = 0.0
        self.upstream_seconds = 0.0
