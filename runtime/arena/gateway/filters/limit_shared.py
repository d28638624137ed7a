"""Limits that are counted in the state store: one call for all that stand at one place of a route's chain.

The store's own clock counts, so that gateways whose clocks differ share one window. When the store is down nobody knows who
is over: each limit says what then becomes of a request (`on_store_error`), and every request that passed uncounted is counted
as such.

Whoever may choose what a limit counts by, a header on a public route, could fill the store, and with that switch off every
limit. So where the store is crowded, callers whom a limit does not know yet share SLOTS counts, as they do in the memory of one
process (`policy.limit.memory`): they may get less than promised, never more. Once there is room again, each begins anew.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from zlib import crc32

from arena.gateway.exchange import Exchange
from arena.gateway.filters.limit import Meter, conclude
from arena.gateway.refusal import Refusal
from arena.gateway.store.link import StoreDown, StoreRefused
from arena.gateway.store.store import Store
from arena.policy.limit.admission import Answer
from arena.policy.limit.memory import SLOTS

_UNCHECKED = Refusal(
    503,
    "limits-unavailable",
    "the store that counts requests cannot be asked, and a limit here says to refuse then; GET /health says more",
    headers=(b"retry-after: 1",),
)


def admit_shared(
    meters: Sequence[Meter], store: Store, project: str
) -> Callable[[Exchange], Refusal | Awaitable[Refusal | None] | None]:
    """As `limit.admit`, counted by `store` under the name of `project`."""
    names = [name_of(project, meter) for meter in meters]
    words = arguments(meters)

    def check(x: Exchange) -> Refusal | Awaitable[Refusal | None] | None:
        return ask(x) if store.reachable else unchecked(meters)

    async def ask(x: Exchange) -> Refusal | None:
        keys = [
            name + meter.key_of(x).encode(errors="surrogatepass") for name, meter in zip(names, meters, strict=True)
        ]
        try:
            numbers = await store.limits(keys, words, spare(names, keys) if store.crowded else ())
        except (StoreDown, StoreRefused):
            return unchecked(meters)
        return conclude(x, meters, answers(numbers))

    return check


def spare(names: Sequence[bytes], keys: Sequence[bytes]) -> list[bytes]:
    """What new callers share, for each of `keys`: no header value and no subject holds a zero byte."""
    return [b"%b\0\0%d" % (name, crc32(key) % SLOTS) for name, key in zip(names, keys, strict=True)]


def arguments(meters: Sequence[Meter]) -> list[bytes]:
    """What limits.lua is told besides the keys; no time, so that it takes the server's."""
    words = [b""]
    for meter in meters:
        limit = meter.limit
        words += [limit.algorithm.encode(), b"%d" % limit.burst, repr(limit.window).encode(), b"%d" % limit.enforce]
    return words


def answers(numbers: Sequence[int]) -> list[Answer]:
    """What limits.lua returned, in seconds."""
    return [
        (numbers[at] / 1e6, numbers[at + 1], numbers[at + 2] / 1e6) for at in range(0, len(numbers), 3)
    ]  # fmt: skip


def name_of(project: str, meter: Meter) -> bytes:
    """The first part of a limit's keys. What it counts by stands in it, so that a changed limit begins anew."""
    limit, scope = meter.limit, meter.stats.scope
    counted = f"{limit.by}:{limit.algorithm}:{limit.burst}:{limit.window!r}"
    return f"arena:{project}:limit:{scope}:{limit.title}:{counted}:".encode()


def unchecked(meters: Sequence[Meter]) -> Refusal | None:
    """What becomes of a request that the store cannot be asked about."""
    refused = False
    for meter in meters:
        meter.stats.unchecked += 1
        refused = refused or (meter.enforce and meter.limit.on_store_error == "deny")
    return _UNCHECKED if refused else None
