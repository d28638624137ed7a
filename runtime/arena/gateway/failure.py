"""What goes wrong with an attempt, and what becomes of the exchange: another attempt, a refusal or a cut."""

from __future__ import annotations

import math
import os
import ssl
from time import monotonic
from typing import TYPE_CHECKING

from arena.gateway import attempt, dispatch, tunnel
from arena.gateway.answer import refuse
from arena.gateway.exchange import Exchange
from arena.gateway.refusal import Refusal
from arena.policy.balance import is_awake
from arena.policy.retry import MAX_ATTEMPTS, is_safe

if TYPE_CHECKING:
    from arena.gateway.routing import Service
    from arena.gateway.target import Target
    from arena.gateway.upstream import UpstreamConnection

REST_SECONDS = 1.0


def _no_instance(service: str) -> Refusal:
    return Refusal(
        503, "unavailable", f"no instance of {service} is up; `arena health` says why", headers=(b"retry-after: 1",)
    )


def unavailable(x: Exchange, service: Service, now: float) -> None:
    """Nobody can be asked: there is no instance, or every breaker is open."""
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


def lost(x: Exchange, upstream: UpstreamConnection, *, answered: bool) -> None:
    """The upstream closed before its reply head was whole; `answered` says that part of one came."""
    x.upstream = None
    if answered or not upstream.used:
        attempt.failed(x, monotonic())
    elif x.target is not None:
        # It may have closed just as we sent, as any server does with connections that were idle for long.
        attempt.forgotten(x, x.target)
    replayable = x.body_done and not x.streamed
    if is_safe(x.head.method, sent=True, answered=answered, replayable=replayable) and _may_retry(x):
        dispatch.start(x)
        return
    _count_error(x, "closed")
    age = "an idle connection was closed" if upstream.used else "the connection was closed"
    refuse(x, _failed(x, f"{age} before a reply came"))


def timed_out(x: Exchange, replying: bool) -> None:
    """The upstream was silent for too long: before its reply (504), or in the middle of it (a cut)."""
    if tunnel.is_open(x):
        tunnel.fell_silent(x)
        return
    _count_error(x, "idle_timeout" if replying else "first_byte_timeout")
    attempt.failed(x, monotonic())
    detail = f"{_place(x)} sent no reply within {x.first_byte:g} s"
    refuse(x, Refusal(504, "upstream-timeout", detail))


def broke_protocol(x: Exchange, why: str) -> None:
    """The upstream's bytes are not an acceptable reply."""
    _count_error(x, "protocol")
    attempt.failed(x, monotonic())
    refuse(x, _failed(x, why))


def dial_failed(x: Exchange, target: Target, reason: str, why: str) -> None:
    """No connection to `target` could be made, because of `reason`; `why` is for the caller."""
    now = monotonic()
    target.resting_until = now + REST_SECONDS
    if x.over:
        return
    _count_error(x, reason)
    attempt.failed(x, now)
    if _may_retry(x):
        dispatch.start(x)
    elif reason == "connect_timeout":
        refuse(x, Refusal(504, "upstream-timeout", f"{_place(x)} {why}"))
    else:
        refuse(x, _failed(x, why))


def reason(error: OSError) -> str:
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
