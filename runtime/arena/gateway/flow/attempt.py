"""What the breaker of an endpoint hears of each attempt: once that a reply began or that none will, or that nothing can be
said; and once more if the reply then breaks off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from arena.gateway.table.target import Target


class Attempt(Protocol):
    """What is judged: the exchange, for its main attempt, or a hedge; its attributes mean what those of an exchange mean."""

    target: Target | None
    admission: int
    judged: bool
    sent_at: float

    @property
    def streamed(self) -> bool: ...


def replied(x: Attempt, target: Target, status: int, now: float) -> None:
    """The head of a final reply came, with the service's own `status`. What was judged already stays so."""
    if x.judged and target.breaker is not None:
        return
    x.judged = True
    if target.latency is not None and not x.streamed:
        target.latency.observe(now - x.sent_at, now)
    breaker = target.breaker
    if breaker is None:
        return
    if status in breaker.statuses:
        breaker.fail(x.admission, now)
    else:
        # How long a body took that was passed on in pieces is the client's doing.
        seconds = 0.0 if x.streamed else now - x.sent_at
        breaker.succeed(x.admission, seconds, now)


def failed(x: Attempt, now: float) -> None:
    """No reply will come, or it broke off."""
    x.judged = True
    if x.target is not None and x.target.breaker is not None:
        x.target.breaker.fail(x.admission, now)


def forgotten(x: Attempt, target: Target) -> None:
    """The attempt says nothing about the endpoint: the client was at fault, or left."""
    x.judged = True
    if target.breaker is not None:
        target.breaker.forget(x.admission)
