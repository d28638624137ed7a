"""Limits on tokens that are counted in the state store: one call before the request, one after its reply.

When the store is down before, each limit says what becomes of the request (`on_store_error`). When it is down after, the
booking stays, and comes back with time.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Sequence
from importlib.resources import files
from math import inf
from typing import TYPE_CHECKING

from arena.gateway.exchange import Exchange
from arena.gateway.filters.limit import Meter
from arena.gateway.filters.limit_shared import name_of, spare, unchecked
from arena.gateway.filters.tokens import cost_of, for_plain_bodies, tell, watch
from arena.gateway.flow.gather import whole_body
from arena.gateway.refusal import Refusal
from arena.gateway.store.link import StoreDown, StoreRefused
from arena.gateway.store.store import Store
from arena.policy.limit.admission import Answer
from arena.tasks import spawn

if TYPE_CHECKING:
    from arena.gateway.table.route import Filter, Verdict

SCRIPT = files("arena.gateway.store").joinpath("tokens.lua").read_bytes()
_log = logging.getLogger("arena.gateway.store")


def book_shared(meters: Sequence[Meter], store: Store, project: str) -> Filter:
    """As `tokens.book`, counted by `store` under the name of `project`."""
    names = [name_of(project, meter) for meter in meters]
    rules = rules_of(meters)

    def check(x: Exchange) -> Verdict | Awaitable[Verdict]:
        if not x.head.content_length:
            return None
        if not store.reachable:
            return unchecked(meters)
        waiting = whole_body(x, x.body_limit)
        return waiting if isinstance(waiting, Refusal) else decide(x, waiting)

    async def decide(x: Exchange, waiting: Awaitable[Verdict] | None) -> Verdict:
        verdict = None if waiting is None else await waiting
        if verdict is not None or x.over:
            return verdict
        cost = cost_of(x, meters)
        keys = [
            name + meter.key_of(x).encode(errors="surrogatepass") for name, meter in zip(names, meters, strict=True)
        ]
        shared = spare(names, keys) if store.crowded else []
        try:
            numbers = await run(store, [*keys, *shared], (b"", b"%d" % cost, b"", b""), rules)
        except (StoreDown, StoreRefused):
            return unchecked(meters)
        *told, at = numbers
        answers = answers_of(told)
        refusal = tell(x, meters, answers, cost)
        booked = [] if refusal else [index for index, answer in enumerate(answers) if not answer[0]]
        if booked:
            mine = [each[index] for each in (keys, shared) if each for index in booked]
            terms = [word for index in booked for word in rules[4 * index : 4 * index + 4]]

            def settle(used: int, _now: float) -> None:
                words = (b"", b"%d" % cost, b"%d" % used, b"%.6f" % (at / 1e6))
                spawn(_settle(store, mine, words, terms), name="settle")

            if x.over:
                settle(0, 0.0)
            else:
                watch(x, cost, settle)
        return refusal

    return for_plain_bodies(check, meters)


async def run(store: Store, keys: Sequence[bytes], words: Sequence[bytes], rules: Sequence[bytes]) -> list[int]:
    """Run tokens.lua. Raises StoreDown or StoreRefused."""
    reply = await store.ask("EVAL", SCRIPT, len(keys), *keys, *words, *rules)
    expected = 1 if words[2] else 3 * len(rules) // 4 + 1
    if not isinstance(reply, list) or len(reply) != expected:
        raise StoreRefused(f"it does not run scripts as Valkey does: it said {reply!r:.40}")
    return reply


def rules_of(meters: Sequence[Meter]) -> list[bytes]:
    """What tokens.lua is told of each limit."""
    words = []
    for meter in meters:
        limit = meter.limit
        words += [limit.algorithm.encode(), b"%d" % limit.burst, repr(limit.window).encode(), b"%d" % limit.enforce]
    return words


def answers_of(numbers: Sequence[int]) -> list[Answer]:
    """What tokens.lua returned for each limit, in seconds."""
    return [
        (inf if numbers[at] < 0 else numbers[at] / 1e6, numbers[at + 1], numbers[at + 2] / 1e6)
        for at in range(0, len(numbers), 3)
    ]


async def _settle(store: Store, keys: Sequence[bytes], words: Sequence[bytes], rules: Sequence[bytes]) -> None:
    try:
        await run(store, keys, words, rules)
    except (StoreDown, StoreRefused) as error:
        _log.warning("a booking of tokens stays as it is: %s", error)
