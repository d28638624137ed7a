"""What happens to an exchange: decided here without waiting, then written to whoever must hear of it.

begin → filters → attempt → (a pooled connection, or dial) → sent. What can go wrong afterwards comes back to this
file, which decides between another attempt, a refusal and a cut.
"""

from __future__ import annotations

import asyncio
import math
import os
import ssl
from collections.abc import Awaitable, Iterator
from random import random
from time import monotonic
from typing import TYPE_CHECKING

from arena.gateway import attempt, record, tunnel
from arena.gateway.answer import answer_here, body_too_large, give, refuse
from arena.gateway.cors import asked_method
from arena.gateway.exchange import Exchange
from arena.gateway.filters.trace import identify
from arena.gateway.refusal import Refusal, Reply
from arena.gateway.upstream import UpstreamConnection
from arena.gateway.wire.body import LAST_CHUNK, chunk
from arena.gateway.wire.request import RequestHead
from arena.policy.balance import choose, is_awake
from arena.policy.retry import MAX_ATTEMPTS, is_safe
from arena.tasks import spawn

if TYPE_CHECKING:
    from arena.gateway.client import ClientConnection
    from arena.gateway.routing import Filter, Service, Verdict
    from arena.gateway.target import Target

REST_SECONDS = 1.0
_WITH_BODY = frozenset({b"POST", b"PUT", b"PATCH"})
_NO_UPGRADE = Refusal(
    501, "not-implemented", "this route does not switch protocols; `upgrade: websocket` lets WebSocket through"
)


# From a head to an upstream.


def open_exchange(client: ClientConnection, head: RequestHead, now: float) -> Exchange:
    """Find out who answers, and give the request its identity."""
    plane = client.plane
    target = head.target
    path = target.partition(b"?")[0]
    x = Exchange(client, head, plane.table.match(head.method, head.hostname, path), now)
    if len(path) != len(target):
        x.query = target[len(path) :]
    identify(x)
    plane.stats.in_flight += 1
    return x


def begin(x: Exchange) -> None:
    """Answer `x`, or send it on its way."""
    match = x.match
    route = match.route
    if route is None:
        if match.otherwise is not None and not asked_method(x):
            x.match = match.otherwise
            begin(x)
        else:
            answer_here(x)
        return
    if x.head.upgrade:
        if route.route.upgrade != "websocket" or not tunnel.is_offered(x.head):
            refuse(x, _NO_UPGRADE)
            return
        tunnel.offer(x)
    x.service = route.service
    x.body_limit = route.body_limit
    x.first_byte = route.first_byte
    if x.head.content_length > x.body_limit or x.bytes_in > x.body_limit:
        refuse(x, body_too_large(x))
        return
    _filter(x, iter(route.filters))


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
    _attempt(x)


def _attempt(x: Exchange) -> None:
    service = x.service
    now = monotonic() if x.attempts else x.began
    pick = service.pick
    target = choose(service.targets, now, random) if pick is None else pick(x, service.targets, now)
    if target is None:
        _refuse_unavailable(x, service, now)
        return
    x.target = target
    target.in_flight += 1
    x.judged = False
    breaker = target.breaker
    if breaker is not None:
        x.admission = breaker.generation if breaker.closed else breaker.admit(now)
    x.attempts += 1
    # After a failure, other pooled connections to the same place are likely as dead: a fresh one tells the truth.
    if target.idle and x.attempts == 1:
        _send(x, target, target.idle.pop())
    else:
        if not x.body_done:
            x.client.hold()
        spawn(_dial(x, target), name="dial")


async def _dial(x: Exchange, target: Target) -> None:
    plane = x.client.plane
    address = target.address
    try:
        async with asyncio.timeout(plane.timeouts.connect):
            _, upstream = await asyncio.get_running_loop().create_connection(
                lambda: UpstreamConnection(plane, target), address.host, address.port, ssl=target.tls
            )
    except TimeoutError:
        _dial_failed(x, target, "connect_timeout", f"did not accept a connection within {plane.timeouts.connect:g} s")
    except OSError as error:
        _dial_failed(x, target, "connect", f"could not be connected to ({_reason(error)})")
    else:
        if x.over:
            upstream.park(monotonic())
        else:
            _send(x, target, upstream)


def _send(x: Exchange, target: Target, upstream: UpstreamConnection) -> None:
    x.upstream = upstream
    x.sent_at = monotonic()
    upstream.send(x, _compose(x, target))
    if not x.body_done:
        if x.head.expect and not x.bytes_in and not x.head.old:
            x.client.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        x.client.go_on()


def _compose(x: Exchange, target: Target) -> bytes:
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
    return b"".join(
        (
            head.method, b" ", target.prefix, match.path, x.query, target.host_line, x.ids, x.client.forwarded,
            head.host or b"", b"\r\n", match.forwarded_prefix, framing, b"\r\n".join((*head.fields, b"", b"")), body,
        )
    )  # fmt: skip


def body_arrived(x: Exchange, piece: bytes) -> None:
    """Pass on a piece of request body, or keep it while there is nobody to take it."""
    if x.over:
        return
    if x.upstream is not None:
        x.body = b""  # what has been sent in pieces cannot be sent again
        x.streamed = True
        x.upstream.send_body(x, piece)
    elif x.gathering is not None:
        x.gathering.take(x, piece)
    else:
        x.body += piece


def _no_instance(service: str) -> Refusal:
    return Refusal(
        503, "unavailable", f"no instance of {service} is up; `arena health` says why", headers=(b"retry-after: 1",)
    )


def _refuse_unavailable(x: Exchange, service: Service, now: float) -> None:
    if not service.targets:
        refuse(x, _no_instance(service.name))
        return
    x.client.plane.stats.breaker_refused[service.name] += 1
    wait = min(target.breaker.wait(now) for target in service.targets if target.breaker is not None)
    seconds = max(1, math.ceil(wait))
    detail = (
        f"every instance of {service.name} has failed too often of late and is given a rest; try again in {seconds} s"
    )
    refuse(x, Refusal(503, "circuit-open", detail, headers=(b"retry-after: %d" % seconds,)))


# What goes wrong.


def client_left(x: Exchange) -> None:
    """The client closed its connection in the middle of `x`."""
    if tunnel.is_open(x):
        tunnel.client_left(x)
        return
    if x.upstream is not None:
        x.upstream.abandon()
    if not x.answered:
        x.status = 499  # nginx's number for it; nobody receives it
    record.finish(x, "left", monotonic())


def upstream_lost(x: Exchange, upstream: UpstreamConnection, *, answered: bool) -> None:
    """The upstream closed before its reply head was whole; `answered` says that part of one came."""
    x.upstream = None
    if answered or not upstream.used:
        attempt.failed(x, monotonic())
    elif x.target is not None:
        # It may have closed just as we sent, as any server does with connections that were idle for long.
        attempt.forgotten(x, x.target)
    replayable = x.body_done and not x.streamed
    if is_safe(x.head.method, sent=True, answered=answered, replayable=replayable) and _may_retry(x):
        _attempt(x)
        return
    _count_error(x, "closed")
    age = "an idle connection was closed" if upstream.used else "the connection was closed"
    refuse(x, _failed(x, f"{age} before a reply came"))


def upstream_timed_out(x: Exchange, replying: bool) -> None:
    """The upstream was silent for too long: before its reply (504), or in the middle of it (a cut)."""
    if tunnel.is_open(x):
        tunnel.fell_silent(x)
        return
    _count_error(x, "idle_timeout" if replying else "first_byte_timeout")
    attempt.failed(x, monotonic())
    detail = f"{_place(x)} sent no reply within {x.first_byte:g} s"
    refuse(x, Refusal(504, "upstream-timeout", detail))


def upstream_broke_protocol(x: Exchange, why: str) -> None:
    """The upstream's bytes are not an acceptable reply."""
    _count_error(x, "protocol")
    attempt.failed(x, monotonic())
    refuse(x, _failed(x, why))


def _dial_failed(x: Exchange, target: Target, reason: str, why: str) -> None:
    now = monotonic()
    target.resting_until = now + REST_SECONDS
    if x.over:
        return
    _count_error(x, reason)
    attempt.failed(x, now)
    if _may_retry(x):
        _attempt(x)
    elif reason == "connect_timeout":
        refuse(x, Refusal(504, "upstream-timeout", f"{_place(x)} {why}"))
    else:
        refuse(x, _failed(x, why))


def _reason(error: OSError) -> str:
    """Why a connection failed, without the address that asyncio puts into its messages."""
    if isinstance(error, ssl.SSLError) or not error.errno or error.errno < 0:
        return str(error.strerror or error)  # TLS and names have numbers of their own
    return os.strerror(error.errno)


def _may_retry(x: Exchange) -> bool:
    """Whether there is somebody to ask and another attempt is affordable; if so the failed one is forgotten."""
    now = monotonic()
    if x.attempts >= MAX_ATTEMPTS or not any(is_awake(target, now) for target in x.service.targets):
        return False
    if not x.service.budget.withdraw(now):
        return False
    if x.target is not None:
        x.target.in_flight -= 1
        x.target = None
    x.client.plane.stats.retries += 1
    return True


def _failed(x: Exchange, why: str) -> Refusal:
    return Refusal(502, "upstream-failed", f"{_place(x)}: {why}")


def _place(x: Exchange) -> str:
    """The instance, by name: addresses are not for every caller's eyes."""
    return f"instance {x.target.instance} of {x.target.service}" if x.target is not None else "the service"


def _count_error(x: Exchange, reason: str) -> None:
    if x.target is not None:
        x.client.plane.stats.upstream_errors[x.target.service, reason] += 1
