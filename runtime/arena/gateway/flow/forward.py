"""The way of an exchange: begin → filters → `dispatch` → sent → `respond`; what goes wrong after the filters is for `failure`.

Decided without waiting wherever that is possible, then written to whoever must hear of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterator
from time import monotonic
from typing import TYPE_CHECKING

from arena.gateway.connection import tunnel
from arena.gateway.exchange import Exchange
from arena.gateway.filters.trace import identify
from arena.gateway.flow import deadline, dispatch, errand, record
from arena.gateway.flow.answer import answer_here, body_too_large, give, refuse
from arena.gateway.refusal import Refusal, Reply
from arena.gateway.wire.head import RequestHead
from arena.tasks import spawn

if TYPE_CHECKING:
    from arena.gateway.connection.client import ClientConnection
    from arena.gateway.table.route import CompiledRoute, Filter, Verdict

_NO_UPGRADE = Refusal(
    501,
    "not-implemented",
    "this route does not switch protocols; `upgrade: websocket` lets WebSocket through",
    by_client=True,
)


def open_exchange(client: ClientConnection, head: RequestHead, now: float) -> Exchange:
    """Find out who answers, and give the request its identity."""
    plane = client.plane
    match, query = plane.table.way(head)
    x = Exchange(client, head, match, now)
    x.query = query
    identify(x)
    plane.stats.in_flight += 1
    return x


def begin(x: Exchange) -> None:
    """Answer `x`, or send it on its way."""
    match = x.match
    route = match.route
    if route is None:
        if match.choose is not None:
            x.match = match.choose(x)
            begin(x)
        else:
            answer_here(x)
        return
    if x.head.upgrade:
        if route.route.upgrade != "websocket" or not tunnel.is_offered(x.head):
            _refuse_early(x, route, _NO_UPGRADE)
            return
        tunnel.offer(x)
    x.service = route.service
    x.body_limit = route.body_limit
    x.first_byte = route.first_byte
    if x.head.content_length > x.body_limit or x.bytes_in > x.body_limit:
        _refuse_early(x, route, body_too_large(x))
        return
    if route.careful or x.head.deadline is not None:
        late = deadline.prepare(x, route)
        if late is not None:
            _refuse_early(x, route, late)
            return
    _filter(x, iter(route.filters))


def _refuse_early(x: Exchange, route: CompiledRoute, refusal: Refusal) -> None:
    """Refuse before any filter has looked; a page may still read why."""
    if route.cors is not None:
        route.cors.mark(x)
    refuse(x, refusal)


def _filter(x: Exchange, chain: Iterator[Filter]) -> None:
    for check in chain:
        verdict = check(x)
        if verdict is None:
            continue
        if isinstance(verdict, (Refusal, Reply)):
            _obey(x, verdict)
        else:
            if not x.body_done:
                x.client.hold()
            spawn(_wait_for(x, verdict, chain), name="filter")
        return
    send_on(x)


async def _wait_for(x: Exchange, waiting: Awaitable[Verdict], chain: Iterator[Filter]) -> None:
    verdict = await waiting
    if x.over:
        return
    if verdict is not None:
        _obey(x, verdict)
    else:
        _filter(x, chain)


def _obey(x: Exchange, verdict: Refusal | Reply) -> None:
    if isinstance(verdict, Refusal):
        refuse(x, verdict)
    else:
        give(x, verdict)


def send_on(x: Exchange) -> None:
    """Ask an instance of `x.service`: no filter stands in the way any more."""
    x.service.budget.deposit()
    dispatch.start(x)


def body_arrived(x: Exchange, piece: bytes) -> None:
    """Pass on a piece of request body, or keep it while there is nobody to take it."""
    if x.over:
        return
    if x.tee is not None:
        x.tee.take(x, piece)
    if x.upstream is not None:
        x.body = b""  # what has been sent in pieces cannot be sent again
        x.streamed = True
        x.upstream.send_body(x, piece)
    elif x.gathering is not None:
        x.gathering.take(x, piece)
    else:
        x.body += piece


def client_left(x: Exchange) -> None:
    """The client closed its connection in the middle of `x`."""
    if tunnel.is_open(x):
        tunnel.client_left(x)
        return
    if x.stays and x.body_done:
        errand.detach(x)
        return
    if x.upstream is not None:
        x.upstream.abandon()
    if not x.answered:
        x.status = 499  # nginx's number for it; nobody receives it
    record.finish(x, "left", monotonic())
