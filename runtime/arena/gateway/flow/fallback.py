"""Who answers in a service's place: another service, or a reply laid down in arena.yaml. Once for an exchange, and said in the
reply, the access log and the metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

from arena.gateway.exchange import Exchange
from arena.gateway.filters.permission import bar
from arena.gateway.flow import answer, dispatch, failure
from arena.gateway.flow.tries import Tries
from arena.gateway.refusal import Refusal, Reply
from arena.gateway.table.gate import leave_all
from arena.gateway.wire.date import DateLine
from arena.model import resilience
from arena.policy.access import Access
from arena.policy.retry import IDEMPOTENT

if TYPE_CHECKING:
    from arena.gateway.table.route import Service, Verdict

STATIC = "static"
_NO_RULES = Access()
_date = DateLine()


@dataclass(frozen=True, slots=True)
class Fallback:
    """A fallback made ready: `service` is asked, if it has room and is not `barred` to the caller, or, where it is None,
    `reply` is given. `name` is what it is called."""

    rule: resilience.Fallback
    service: Service | None
    reply: Reply
    name: str
    barred: Callable[[Exchange], bool] | None = None


def compile_fallback(
    rule: resilience.Fallback | None, services: Mapping[str, Service], access: Access = _NO_RULES
) -> Fallback | None:
    """Make `rule` ready; `services` holds the one that it names, `access` knows whom that is denied."""
    if rule is None:
        return None
    content_type = [f"content-type: {rule.content_type}"] if rule.body else []
    fields = tuple(line.encode() for line in (*content_type, *rule.headers))
    reply = Reply(rule.status, fields, rule.body.encode())
    return Fallback(rule, services.get(rule.service), reply, rule.service or STATIC, bar(access, rule.service))


def give_up(x: Exchange, cause: resilience.FallbackCause, refusal: Refusal) -> None:
    """No attempt of `x` will be answered: by its fallback, if it has one for this, or with the `refusal`."""
    fallback = fallback_for(x, cause)
    if fallback is None:
        answer.refuse(x, refusal)
    else:
        take(x, fallback)


def fallback_for(x: Exchange, cause: resilience.FallbackCause | int) -> Fallback | None:
    """The fallback that answers `x` now; `cause` may be the status of a reply. None after a reply has begun, or once there was
    one; a service is not asked after the deadline, nor what may be done twice then."""
    tries = x.tries
    fallback = None if tries is None else tries.fallback
    if tries is None or fallback is None or x.answered:
        return None
    if x.rescue is not None and (isinstance(cause, str) or cause in answer.RESCUED):
        return None  # a kept reply is nearer to the truth
    rule = fallback.rule
    if cause not in rule.on and cause not in rule.statuses:
        return None
    if fallback.service is not None and (monotonic() >= tries.deadline or not _may_be_asked(x)):
        return None
    if fallback.barred is not None and fallback.barred(x):
        return None
    return fallback


def take(x: Exchange, fallback: Fallback) -> None:
    """Have `fallback` answer `x`."""
    verdict = divert(x, fallback)
    if verdict is None:
        x.service.budget.deposit()
        dispatch.start(x)
    elif isinstance(verdict, Reply):
        answer.give(x, verdict)
    else:
        answer.refuse(x, verdict)


def divert(x: Exchange, fallback: Fallback) -> Verdict:
    """Leave the service of `x` for `fallback`: the reply to give, or None when its service is to be asked, or the refusal of a
    service that has no room: nobody waits in a queue a second time."""
    tries = _let_go(x)
    tries.fallback = None
    x.rescued = True
    name = fallback.name
    x.tell(b"x-arena-fallback: " + name.encode())
    x.log_more += b',"fallback":"%b"' % name.encode()
    x.client.plane.stats.fallbacks[x.match.stats.route, name] += 1
    if fallback.service is None:
        reply = fallback.reply
        return Reply(reply.status, (_date.now(), *reply.fields), reply.body)
    leave_all(x.service.gates, x)
    x.service = fallback.service
    tries.own = None
    tries.before = x.attempts
    tries.failed.clear()
    return next((gate.refusal() for gate in x.service.gates if not gate.enter(x)), None)


def _may_be_asked(x: Exchange) -> bool:
    """Whether the request is at hand, and was not sent or may be sent twice."""
    return not x.streamed and (not x.sent_at or (x.head.method in IDEMPOTENT and x.body_done))


def _let_go(x: Exchange) -> Tries:
    """End what the exchange has under way."""
    tries = x.tries
    assert tries is not None
    tries.turn += 1
    tries.forget()
    tries.no_later()
    if x.upstream is not None:
        x.upstream.abandon()
        x.upstream = None
    if x.target is not None:
        failure.leave(x, x.target)
    return tries
