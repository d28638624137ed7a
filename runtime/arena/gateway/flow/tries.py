"""What an exchange remembers of its attempts. Few need it: it is made when a rule of the route asks for it, or when an attempt
has failed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from arena.gateway.exchange import End, Exchange, Outcome
from arena.model.resilience import Retries
from arena.policy.balance import is_awake
from arena.policy.deadline import NEVER

if TYPE_CHECKING:
    from arena.gateway.flow.fallback import Fallback
    from arena.gateway.flow.hedge import Hedge, HedgeRule
    from arena.gateway.table.gate import Gate
    from arena.gateway.table.target import Target


class Tries:
    """`own` are the retries of the route, None for the service's; `deadline` (monotonic seconds) is when no attempt may begin
    any more, `by_client` that the client set it. `failed` are the targets that did not answer. `turn` counts what the exchange
    waited for, so that whatever answers too late is known as late. `fallback` answers when no attempt does; it is there once.
    `before` are the attempts that do not count against the rule: they were made at another service.

    `hedging` is the rule of a route that makes a second attempt beside a slow one, and `hedge` that attempt while they race;
    `first_at` is when the first one began. `inside` are the limits on requests under way that let the exchange in, and what
    gives its places back."""

    __slots__ = (
        "_end", "_later", "_timer", "before", "by_client", "deadline", "failed", "fallback", "first_at", "hedge", "hedging",
        "inside", "own", "turn",
    )  # fmt: skip

    def __init__(
        self, own: Retries | None = None, fallback: Fallback | None = None, hedging: HedgeRule | None = None
    ) -> None:
        self.own = own
        self.fallback = fallback
        self.hedging = hedging
        self.hedge: Hedge | None = None
        self.first_at = 0.0
        self.deadline = NEVER
        self.by_client = False
        self.failed: list[Target] = []
        self.turn = 0
        self.before = 0
        self.inside: list[tuple[Gate, End]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._end: asyncio.TimerHandle | None = None
        self._later: asyncio.TimerHandle | None = None

    def rule(self, x: Exchange) -> Retries:
        """How often the service of `x` is asked, and when again."""
        return self.own or x.service.retries

    def fresh(self, targets: tuple[Target, ...], now: float) -> tuple[Target, ...]:
        """Those that have not failed this exchange and are fit for work; all, if there are none."""
        if not self.failed:
            return targets
        return tuple(one for one in targets if one not in self.failed and is_awake(one, now)) or targets

    def wait(self, x: Exchange, seconds: float, then: Callable[[Exchange], None]) -> None:
        """Call `then(x)` after `seconds`, unless something else happens first: then it is forgotten."""
        self.forget()
        self._watch(x)
        self._timer = asyncio.get_running_loop().call_later(seconds, then, x)

    def until(self, x: Exchange, seconds: float, then: Callable[[Exchange], None]) -> None:
        """Call `then(x)` at the deadline, `seconds` from now, unless the reply has begun or the exchange is over."""
        self._watch(x)
        self._end = asyncio.get_running_loop().call_later(seconds, then, x)

    def later(self, x: Exchange, seconds: float, then: Callable[[Exchange], None]) -> None:
        """Call `then(x)` after `seconds`, beside what is waited for, unless the reply has begun or the exchange is over."""
        self._watch(x)
        self._later = asyncio.get_running_loop().call_later(seconds, then, x)

    def no_later(self) -> None:
        """Do not make the call that `later` was told to make."""
        if self._later is not None:
            self._later.cancel()

    def forget(self) -> None:
        """Wait for nothing but the deadline."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def settle(self) -> None:
        """The reply has begun: wait for nothing any more."""
        self.forget()
        self.no_later()
        if self._end is not None:
            self._end.cancel()

    def _watch(self, x: Exchange) -> None:
        if self._end is self._later is self._timer is None:
            x.at_end(self._over)

    def _over(self, _x: Exchange, _outcome: Outcome, _now: float) -> None:
        self.settle()


def is_late(x: Exchange, turn: int) -> bool:
    """Whether what was begun at this `turn` (0 before anything was remembered) is not waited for any more."""
    return x.over or (x.tries is not None and x.tries.turn != turn)
