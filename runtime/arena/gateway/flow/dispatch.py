"""One attempt: a target is chosen, a pooled connection taken or one dialled, and the request sent."""

from __future__ import annotations

import asyncio
from random import random
from time import monotonic
from typing import TYPE_CHECKING

from arena.gateway.connection.upstream import UpstreamConnection
from arena.gateway.exchange import Exchange
from arena.gateway.flow import failure, hedge
from arena.gateway.flow.tries import Tries, is_late
from arena.gateway.wire.body import LAST_CHUNK, chunk
from arena.gateway.wire.request import passed
from arena.policy.balance import choose
from arena.tasks import spawn

if TYPE_CHECKING:
    from arena.gateway.plane import Plane
    from arena.gateway.table.target import Target

_WITH_BODY = frozenset({b"POST", b"PUT", b"PATCH"})


def start(x: Exchange) -> None:
    """Ask one of the service's instances, or say why nobody can be asked."""
    service = x.service
    tries = x.tries
    now, targets = x.began, service.targets
    if tries is not None:
        now = monotonic()
        targets = tries.fresh(targets, now)
    pick = service.pick
    target = choose(targets, now, random) if pick is None else pick(x, targets, now)
    if target is None:
        failure.unavailable(x, service, now)
        return
    x.target = target
    target.in_flight += 1
    x.judged = False
    breaker = target.breaker
    if breaker is not None:
        x.admission = breaker.generation if breaker.closed else breaker.admit(now)
    x.attempts += 1
    if tries is not None:
        _watch(x, tries)
    # After a failure, other pooled connections to the same place are likely as dead: a fresh one tells the truth.
    if target.idle and (x.attempts == 1 or (tries is not None and x.attempts - tries.before == 1)):
        send(x, target, target.idle.pop())
    else:
        if not x.body_done:
            x.client.hold()
        spawn(_dial(x, target, 0 if tries is None else tries.turn), name="dial")


def _watch(x: Exchange, tries: Tries) -> None:
    """An attempt begins: do not wait for it longer than its rules say."""
    seconds = tries.rule(x).per_try_timeout
    if seconds is not None and x.body_done:
        tries.wait(x, seconds, failure.try_timed_out)
    if tries.hedging is not None and x.attempts == 1:
        hedge.arm(x, tries, tries.hedging)


async def _dial(x: Exchange, target: Target, turn: int) -> None:
    plane = x.client.plane
    try:
        upstream = await connect(plane, target)
    except TimeoutError:
        why = f"did not accept a connection within {plane.timeouts.connect:g} s"
        failure.dial_failed(x, target, turn, "connect_timeout", why)
    except OSError as error:
        failure.dial_failed(x, target, turn, "connect", f"could not be connected to ({failure.reason(error)})")
    else:
        if is_late(x, turn):
            upstream.park(monotonic())
        else:
            send(x, target, upstream)


async def connect(plane: Plane, target: Target) -> UpstreamConnection:
    """A new connection to `target`. Raises OSError (TimeoutError after `timeouts.connect` seconds)."""
    address, trust = target.address, target.tls
    async with asyncio.timeout(plane.timeouts.connect):
        _, upstream = await asyncio.get_running_loop().create_connection(
            lambda: UpstreamConnection(plane, target),
            address.host,
            address.port,
            ssl=None if trust is None else trust.context,
            server_hostname=None if trust is None else trust.server_name,
        )
    return upstream


def send(x: Exchange, target: Target, upstream: UpstreamConnection) -> None:
    """Have `upstream`, a connection to `target`, carry `x`."""
    x.upstream = upstream
    x.sent_at = monotonic()
    upstream.send(x, compose(x, target))
    if not x.body_done:
        if x.head.expect and not x.bytes_in and not x.head.old:
            x.client.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        x.client.go_on()


def compose(x: Exchange, target: Target) -> bytes:
    """The request as the upstream gets it: head, and the body as far as it has come."""
    head, match = x.head, x.match
    body = x.body
    length = head.content_length
    if length > 0:
        framing = b"content-length: %d\r\n" % length
    elif length < 0:
        framing = b"transfer-encoding: chunked\r\n"
        body = (chunk(body) if body else b"") + (LAST_CHUNK if x.body_done else b"")
    else:
        framing = b"content-length: 0\r\n" if head.method in _WITH_BODY else b""
    introduce = target.introduce
    introduction = b"" if introduce is None else introduce(x)
    lines = head.passed if x.fields is head.fields else b""
    return b"".join(
        (
            head.method, b" ", target.prefix, match.path, x.query, target.host_line, introduction, match.forwarded_prefix,
            framing, x.ids, x.client.forwarded, lines or passed(head, x.fields), body,
        )
    )  # fmt: skip
