"""A reply's body that is changed on the way: held back until it is whole, changed, and then sent on.

While it is held nothing has been answered, so that whatever goes wrong can still be told as a refusal. A body longer than the
recast takes is refused, never passed on unchanged: what should have been removed may be a secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from arena.gateway.exchange import Exchange
from arena.gateway.flow import answer, respond
from arena.gateway.refusal import Refusal
from arena.gateway.wire.body import Body
from arena.gateway.wire.reply import NO_BODY, ReplyDraft

if TYPE_CHECKING:
    from arena.gateway.connection.upstream import UpstreamConnection

BROKEN = Refusal(502, "upstream-failed", "the service's reply broke off before it could be changed as the route says")


class Recast(Protocol):
    """A change of reply bodies. `limit` is the longest body taken, in bytes."""

    limit: int

    def wants(self, x: Exchange, head: ReplyDraft) -> bool | Refusal:
        """Whether the reply with this head is to be changed, or an answer in its place when it cannot be; it may change header
        lines that no longer fit."""
        ...

    def change(self, x: Exchange, head: ReplyDraft, body: bytes) -> bytes | Refusal:
        """The body to send in the place of `body`, or an answer in the place of the reply."""
        ...


class Held:
    """A reply that is being gathered."""

    __slots__ = ("head", "pieces", "recast", "size")

    def __init__(self, recast: Recast, head: ReplyDraft) -> None:
        self.recast = recast
        self.head = head
        self.pieces: list[bytes] = []
        self.size = 0


def hold(x: Exchange, upstream: UpstreamConnection, head: ReplyDraft, rest: bytes) -> None:
    """Begin to gather a reply; `rest` is what came with its head."""
    recast = x.recast
    if recast is None or x.head.method == b"HEAD" or head.status in NO_BODY:
        _forget_length(head)  # it is that of a body which nobody will see
        respond.pass_on(x, upstream, head, rest)
        return
    x.held = held = Held(recast, head)
    if head.length > recast.limit:
        answer.refuse(x, _too_long(recast))
        return
    upstream.body = reader = respond.reader_of(head.length)
    if reader.done:
        upstream.reusable = upstream.reusable and not rest
        end(x, upstream, held)
    elif rest:
        respond.body(x, upstream, reader, rest)


def piece(x: Exchange, upstream: UpstreamConnection, held: Held, reader: Body, data: bytes) -> None:
    """Keep a piece of the body; after the last the reply is sent."""
    held.size += len(data)
    if held.size > held.recast.limit:
        answer.refuse(x, _too_long(held.recast))
        return
    held.pieces.append(data)
    if reader.done:
        upstream.reusable = upstream.reusable and reader.clean and not reader.rest
        end(x, upstream, held)


def end(x: Exchange, upstream: UpstreamConnection, held: Held) -> None:
    """The body is whole: change it, and send the reply."""
    x.held = None
    head = held.head
    body = held.recast.change(x, head, b"".join(held.pieces))
    if isinstance(body, Refusal):
        answer.refuse(x, body)
        return
    _forget_length(head)
    head.fields.append(b"content-length: %d" % len(body))
    head.length = len(body)
    respond.pass_on(x, upstream, head, body)


def _forget_length(head: ReplyDraft) -> None:
    head.fields = [line for line in head.fields if line[:15].lower() != b"content-length:"]


def _too_long(recast: Recast) -> Refusal:
    return Refusal(
        502, "upstream-failed", f"the service's reply is longer than the {recast.limit} bytes that can be changed here"
    )
