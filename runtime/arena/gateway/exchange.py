"""One request's facts, from its head to its line in the access log."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, Protocol

from arena.gateway.refusal import Refusal, Reply
from arena.gateway.wire.head import RequestHead
from arena.gateway.wire.reply import ReplyDraft
from arena.model.principal import Principal

if TYPE_CHECKING:
    from arena.gateway.connection.certificate import ClientCertificate
    from arena.gateway.connection.upstream import UpstreamConnection
    from arena.gateway.filters.mirror import Tee
    from arena.gateway.flow.gather import Gathering
    from arena.gateway.flow.recast import Held, Recast
    from arena.gateway.flow.tries import Tries
    from arena.gateway.plane import Plane
    from arena.gateway.table.match import Match
    from arena.gateway.table.route import Service
    from arena.gateway.table.target import Target

Outcome = Literal[
    "served",  # the upstream's reply was passed on whole
    "refused",  # the gateway answered: the client caused it, whatever the status
    "failed",  # the gateway answered: the upstream, its absence or a limit of ours caused it
    "cut",  # the reply had begun and could not be finished; the client saw the connection break
    "left",  # the client went away first, or its own deadline passed while an instance was busy with it
]


class Client(Protocol):
    """Whoever asked, as the exchange sees them: a connection, or nobody (an errand of the gateway's own). `forwarded` are the
    header lines that say where a request came from; `blocked`: no more can be written for now; `certificate`: what was
    shown in the TLS handshake, None for nothing."""

    plane: Plane
    ip: str
    log_ip: bytes
    forwarded: bytes
    blocked: bool
    certificate: ClientCertificate | None

    def write(self, data: bytes) -> None:
        """Send reply bytes."""

    def hold(self) -> None:
        """Read no more of the request for now."""

    def go_on(self) -> None:
        """Read again."""

    def will_keep(self, x: Exchange) -> bool:
        """Whether another request may follow `x`."""
        ...

    def reply_done(self, x: Exchange, now: float) -> None:
        """The whole reply was written."""

    def cut(self, *, visible: bool) -> None:
        """End in the middle of a reply."""

    def enter_tunnel(self) -> bytes:
        """From now on every byte is for the upstream; returns those that came too early."""
        ...


class Tap(Protocol):
    """Sees a reply go by, as the client gets it, and changes nothing. When it is over, and whether it was whole, is told to
    who asked by `Exchange.at_end`."""

    def began(self, x: Exchange, head: ReplyDraft) -> None:
        """The head; the lines of `head.fields` behind the first are the service's, after the route's changes."""

    def piece(self, x: Exchange, data: bytes) -> None:
        """A piece of the body."""


End = Callable[["Exchange", Outcome, float], None]
"""Told of the end of an exchange: its outcome, and when (monotonic seconds)."""


Rescue = Callable[["Exchange", Refusal], Reply | None]
"""What to answer instead of a refusal, None to refuse."""


class Exchange:
    """One request and its reply. Times are seconds on the monotonic clock, sizes bytes of body.

    `fields` are the header lines that the service gets: those of `head`, as far as nobody changed them (each change makes a
    new tuple). `ids` are the header lines that carry the request id and the trace onward, to the upstream and back to the
    client; `reply_fields` further ones for the client alone, b'' for none. `body` is the part of the request body that arrived
    before there was an upstream to send it to; `body_done` says that the whole body has arrived. `query` starts with its
    question mark. `first_byte` is how long the reply's head may take. `answered`: a reply head went to the client. `admission`
    is the generation of the target's breaker that let the attempt through, `judged` says that it heard of the attempt's end.
    `over`: nothing more may happen.

    For what few exchanges need: `tries` is what is remembered of its attempts; `ends` are told when it is over, `taps` see
    the reply go by, `recast` changes the reply's body, of which `held` is what has come; `gathering` waits for the request's
    body to be whole, `tee` keeps one that is passed on. `streamed`: the request's body is passed on in pieces and no longer at
    hand. `log_more` are further members of the log line, as JSON behind a comma. `rescue` may have an answer where the service
    has none. `rescued`: another answers in the service's place. `stays`: it goes on when its client leaves.
    """

    __slots__ = (
        "admission", "answered", "attempts", "began", "body", "body_done", "body_limit", "bytes_in", "bytes_out",
        "client", "ends", "fields", "first_byte", "gathering", "head", "held", "ids", "judged", "keep", "log_caller",
        "log_more", "match", "over", "principal", "query", "recast", "reply_fields", "request_id", "rescue", "rescued",
        "sent_at", "service", "status", "stays", "streamed", "taps", "target", "tee", "trace_id", "tries", "upstream",
    )  # fmt: skip

    service: Service
    """Set when a route has matched."""

    def __init__(self, client: Client, head: RequestHead, match: Match, began: float) -> None:
        self.client = client
        self.head = head
        self.fields = head.fields
        self.match = match
        self.query = b""
        self.began = began
        self.ids = b""
        self.request_id = b""
        self.trace_id = b""
        self.reply_fields = b""
        self.principal: Principal | None = None
        self.log_caller = b"null"  # the principal's subject as JSON, and its issuer where it is another's
        self.target: Target | None = None
        self.upstream: UpstreamConnection | None = None
        self.body = b""
        self.body_done = True
        self.body_limit = 0
        self.first_byte = 0.0
        self.attempts = 0
        self.tries: Tries | None = None
        self.admission = 0
        self.judged = True
        self.answered = False
        self.keep = False
        self.over = False
        self.status = 0
        self.bytes_in = 0
        self.bytes_out = 0
        self.sent_at = 0.0
        self.ends: list[End] | None = None
        self.taps: list[Tap] | None = None
        self.recast: Recast | None = None
        self.held: Held | None = None
        self.gathering: Gathering | None = None
        self.tee: Tee | None = None
        self.streamed = False
        self.log_more = b""
        self.rescue: Rescue | None = None
        self.rescued = False
        self.stays = False

    def at_end(self, end: End) -> None:
        """Have `end` called once, when the exchange is over, whatever its outcome."""
        if self.ends is None:
            self.ends = [end]
        else:
            self.ends.append(end)

    def observe(self, tap: Tap) -> None:
        """Let `tap` see the reply."""
        if self.taps is None:
            self.taps = [tap]
        else:
            self.taps.append(tap)

    def tell(self, lines: bytes) -> None:
        """Add header lines (without the last line end) to whatever reply the client gets."""
        self.reply_fields = self.reply_fields + b"\r\n" + lines if self.reply_fields else lines
