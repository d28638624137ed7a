"""What goes wrong with an attempt, and what becomes of the exchange: another attempt, a refusal or a cut."""

from __future__ import annotations

import math
import os
import ssl
from time import monotonic
from typing import TYPE_CHECKING

from arena.gateway.connection import tunnel
from arena.gateway.exchange import Exchange
from arena.gateway.flow import attempt, fallback, hedge, retry
from arena.gateway.flow.tries import is_late
from arena.gateway.refusal import Refusal
from arena.health.trust import explain
from arena.policy.balance import is_admitting

if TYPE_CHECKING:
    from arena.gateway.connection.upstream import UpstreamConnection
    from arena.gateway.table.route import Service
    from arena.gateway.table.target import Target

REST_SECONDS = 1.0


def _no_instance(service: Service) -> Refusal:
    why = "is up; `arena health` says why"
    if service.tripped:
        why = "is in traffic, by an operator's order; `arena breaker list` tells which"
    return Refusal(503, "unavailable", f"no instance of {service.name} {why}", headers=(b"retry-after: 1",))


def _full(service: str) -> Refusal:
    detail = f"every instance of {service} has as many requests under way as it takes; try again"
    return Refusal(503, "too-many-in-flight", detail, headers=(b"retry-after: 1",))


def unavailable(x: Exchange, service: Service, now: float) -> None:
    """Nobody can be asked: there is no instance, every breaker is open, or who could be asked has its hands full."""
    if not service.targets:
        fallback.give_up(x, "unavailable", _no_instance(service))
        return
    if any(is_admitting(target, now) for target in service.targets):
        x.client.plane.stats.full[service.name] += 1
        fallback.give_up(x, "unavailable", _full(service.name))
        return
    x.client.plane.stats.breaker_refused[service.name] += 1
    wait = min(target.breaker.wait(now) for target in service.targets if target.breaker is not None)
    seconds = max(1, math.ceil(wait))
    detail = (
        f"every instance of {service.name} has failed too often of late and is given a rest; try again in {seconds} s"
    )
    open_now = Refusal(503, "circuit-open", detail, headers=(b"retry-after: %d" % seconds,))
    fallback.give_up(x, "unavailable", open_now)


def lost(x: Exchange, upstream: UpstreamConnection, *, answered: bool) -> None:
    """The upstream closed before its reply head was whole; `answered` says that part of one came."""
    stale = upstream.used and not answered
    if hedge.failed(x, upstream, stale=stale):
        return
    x.upstream = None
    if not stale:
        attempt.failed(x, monotonic())
    elif x.target is not None:
        # It may have closed just as we sent, as any server does with connections that were idle for long.
        attempt.forgotten(x, x.target)
    if not answered and retry.again(x, "reset", stale=stale):
        return
    _count_error(x, "closed")
    age = "an idle connection was closed" if upstream.used else "the connection was closed"
    fallback.give_up(x, "failed", _failed(x, f"{age} before a reply came"))


def timed_out(x: Exchange, upstream: UpstreamConnection, replying: bool) -> None:
    """The upstream was silent for too long: before its reply (504), or in the middle of it (a cut)."""
    if tunnel.is_open(x):
        tunnel.end(x)
        return
    count_error(x, upstream.target, "idle_timeout" if replying else "first_byte_timeout")
    if hedge.failed(x, upstream):
        return
    attempt.failed(x, monotonic())
    if replying or not retry.again(x, "timeout"):
        fallback.give_up(x, "failed", _no_reply(x, x.first_byte))


def try_timed_out(x: Exchange) -> None:
    """The attempt has had its time, and no reply began."""
    tries = x.tries
    seconds = None if x.over or tries is None else tries.rule(x).per_try_timeout
    if seconds is None:
        return
    _count_error(x, "per_try_timeout")
    if hedge.failed(x, None):
        return
    attempt.failed(x, monotonic())
    if not retry.again(x, "timeout"):
        fallback.give_up(x, "failed", _no_reply(x, seconds))


def deadline_passed(x: Exchange) -> None:
    """Nobody waits for a reply any more. It counts against the instance unless the client allowed too little time."""
    tries = x.tries
    if x.over or tries is None:
        return
    tries.deadline = 0.0  # a timer may be early by a hair
    target = x.target
    if target is None:
        fallback.give_up(x, "failed", too_late("the deadline passed before an instance answered", tries.by_client))
        return
    _count_error(x, "deadline")
    if tries.by_client:
        attempt.forgotten(x, target)
    else:
        attempt.failed(x, monotonic())
    fallback.give_up(x, "failed", too_late(f"{_place(x)} sent no reply before the deadline", tries.by_client))


def too_late(detail: str, by_client: bool) -> Refusal:
    """What is answered when the deadline has passed, the client's own or the route's."""
    return Refusal(504, "deadline-exceeded", detail, by_client=by_client)


def broke_protocol(x: Exchange, why: str, upstream: UpstreamConnection | None = None) -> None:
    """The upstream's bytes are not an acceptable reply."""
    _count_error(x, "protocol")
    if hedge.failed(x, upstream):
        return
    attempt.failed(x, monotonic())
    fallback.give_up(x, "failed", _failed(x, why))


def dial_failed(x: Exchange, target: Target, turn: int, cause: str, why: str) -> None:
    """No connection to `target`, asked for at this `turn`, could be made, because of `cause`; `why` is for the caller."""
    now = monotonic()
    target.resting_until = now + REST_SECONDS
    if is_late(x, turn):
        return
    _count_error(x, cause)
    if hedge.failed(x, None):
        return
    attempt.failed(x, now)
    if retry.again(x, "connect"):
        return
    if cause == "connect_timeout":
        fallback.give_up(x, "failed", Refusal(504, "upstream-timeout", f"{_place(x)} {why}"))
    else:
        fallback.give_up(x, "failed", _failed(x, why))


def leave(x: Exchange, target: Target) -> None:
    """Have nothing more to do with `target`, of which nothing was heard if it was not judged."""
    if not x.judged:
        attempt.forgotten(x, target)
    target.in_flight -= 1
    x.target = None


def reason(error: OSError) -> str:
    """Why a connection failed, without the address that asyncio puts into its messages."""
    if isinstance(error, ssl.SSLError):
        return explain(error)
    if not error.errno or error.errno < 0:
        return str(error.strerror or error)  # names have numbers of their own
    return os.strerror(error.errno)


def _no_reply(x: Exchange, seconds: float) -> Refusal:
    return Refusal(504, "upstream-timeout", f"{_place(x)} sent no reply within {seconds:g} s")


def _failed(x: Exchange, why: str) -> Refusal:
    return Refusal(502, "upstream-failed", f"{_place(x)}: {why}")


def _place(x: Exchange) -> str:
    """The instance, by name: addresses are not for every caller's eyes."""
    return f"instance {x.target.instance} of {x.target.service}" if x.target is not None else "the service"


def count_error(x: Exchange, target: Target, reason: str) -> None:
    """An attempt of `x` at `target` failed."""
    x.client.plane.stats.upstream_errors[target.service, reason] += 1


def _count_error(x: Exchange, reason: str) -> None:
    if x.target is not None:
        count_error(x, x.target, reason)
