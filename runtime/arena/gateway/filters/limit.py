"""How often: the limits that stand at one place of a route's chain, decided together.

All of them are asked first. When one that is enforced refuses, the request counts for none; else it counts for each that
has room. Sources: RFC 6585 section 4 (429), RFC 9110 section 10.2.3 (Retry-After), draft-ietf-httpapi-ratelimit-headers-10
(RateLimit-Policy: `q` requests in `w` seconds; RateLimit: `r` are left, in `t` seconds the quota begins anew).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil

from arena.gateway.exchange import Exchange
from arena.gateway.filters.limit_key import key_of
from arena.gateway.refusal import Refusal
from arena.gateway.stats import Stats
from arena.model.route import RateLimit
from arena.policy.limit.admission import Answer
from arena.policy.limit.limiter import Limiter, make

_UNITS = (("a second", 1), ("a minute", 60), ("an hour", 3600), ("a day", 86400))
_PERIODS = {1.0: "1 second", 60.0: "1 minute", 3600.0: "1 hour", 86400.0: "1 day"}

_WHOM = {"principal": "this caller", "key": "this API key", "role": "callers with these roles", "ip": "this address",
         "route": "this route", "service": "this service"}  # fmt: skip


class Meter:
    """A limit of a route, or of the gateway (`scope` ''), at work. It survives swaps with all it has counted.
    Raises ValueError for an impossible limit."""

    __slots__ = ("enforce", "item", "key_of", "limit", "limiter", "policy", "stats")

    def __init__(self, scope: str, limit: RateLimit, stats: Stats) -> None:
        self.limit = limit
        self.limiter: Limiter = make(limit)
        self.key_of = key_of(limit.by)
        self.enforce = limit.enforce
        self.stats = stats.limit(scope, limit)
        name = b'"%b"' % limit.title.encode()
        unit = b';qu="tokens"' if limit.unit == "tokens" else b""
        self.policy = b"%b;q=%d%b;w=%d" % (name, limit.burst, unit, ceil(limit.window))
        self.item = name.replace(b"%", b"%%") + b";r=%d;t=%d"

    def allowance(self) -> str:
        """What the limit allows whom, as a clause."""
        limit = self.limit
        whom = _WHOM.get(limit.by, "this " + limit.by.partition(":")[2])
        if limit.algorithm == "token_bucket":
            return f"{whom} may {_verb(limit)} {_rate(limit)} on average and {limit.burst} at once"
        return f"{whom} may {_verb(limit)} {_counted(limit.burst, limit)} in {_period(limit.window)}"


def admit(meters: Sequence[Meter]) -> Callable[[Exchange], Refusal | None]:
    """A filter that counts every request by all of `meters`, of which there is at least one."""
    return _by_one(meters[0]) if len(meters) == 1 else _by_all(tuple(meters))


def conclude(x: Exchange, meters: Sequence[Meter], answers: Sequence[Answer]) -> Refusal | None:
    """What follows from the answers of `meters`: counters, header lines, and the refusal if an enforced one refuses."""
    refusing = []
    for meter, answer in zip(meters, answers, strict=True):
        if answer[0]:
            meter.stats.over += 1
            if meter.enforce:
                refusing.append((meter, answer[0]))
    if refusing:
        return _refuse(x, refusing)
    told = [
        (meter, answer[1], answer[2]) for meter, answer in zip(meters, answers, strict=True) if meter.enforce
    ]  # fmt: skip
    if told:
        x.tell(b"\r\n".join(_lines(told)))
    return None


def _by_one(meter: Meter) -> Callable[[Exchange], Refusal | None]:
    """As `_by_all`, without lists: most routes have one limit."""
    find, admit, enforce = meter.key_of, meter.limiter.admit, meter.enforce
    lines = _template((meter,))

    def check(x: Exchange) -> Refusal | None:
        wait, left, reset = answer = admit(find(x), x.began)
        if wait:
            return conclude(x, (meter,), (answer,))
        if enforce:
            x.tell(lines % (left, ceil(reset)))
        return None

    return check


def _by_all(meters: tuple[Meter, ...]) -> Callable[[Exchange], Refusal | None]:
    lines = _template(meters)

    def check(x: Exchange) -> Refusal | None:
        now = x.began
        keys = [meter.key_of(x) for meter in meters]
        waits = [meter.limiter.ask(key, now) for meter, key in zip(meters, keys, strict=True)]
        if any(waits):
            return _count_some(x, meters, keys, waits)
        numbers: list[int] = []
        for meter, key in zip(meters, keys, strict=True):
            left, reset = meter.limiter.take(key, now)
            if meter.enforce:
                numbers += (left, ceil(reset))
        if numbers:
            x.tell(lines % tuple(numbers))
        return None

    return check


def _count_some(x: Exchange, meters: Sequence[Meter], keys: Sequence[str], waits: Sequence[float]) -> Refusal | None:
    """Some limit is exceeded. If none of those is enforced, the request counts for the others."""
    refused = any(wait and meter.enforce for meter, wait in zip(meters, waits, strict=True))
    answers = [
        (wait, 0, wait) if wait or refused else (0.0, *meter.limiter.take(key, x.began))
        for meter, key, wait in zip(meters, keys, waits, strict=True)
    ]
    return conclude(x, meters, answers)


def _template(meters: Sequence[Meter]) -> bytes:
    """The header lines of `meters` that are enforced, with places for the numbers."""
    told = [meter for meter in meters if meter.enforce]
    policies, items = b", ".join([meter.policy for meter in told]), b", ".join([meter.item for meter in told])
    return b"ratelimit-policy: " + policies.replace(b"%", b"%%") + b"\r\nratelimit: " + items


def _refuse(x: Exchange, refusing: Sequence[tuple[Meter, float]]) -> Refusal:
    x.match.stats.limited += 1
    meter, wait = max(refusing, key=lambda each: each[1])
    seconds = max(1, ceil(wait))
    headers = (b"retry-after: %d" % seconds, *_lines([(each, 0, after) for each, after in refusing]))
    return Refusal(429, "rate-limited", f"{meter.allowance()}; try again in {seconds} s", headers=headers)


def _lines(told: Sequence[tuple[Meter, int, float]]) -> tuple[bytes, bytes]:
    policies = b", ".join([meter.policy for meter, _, _ in told])
    items = b", ".join([meter.item % (left, ceil(reset)) for meter, left, reset in told])
    return b"ratelimit-policy: " + policies, b"ratelimit: " + items


def _verb(limit: RateLimit) -> str:
    return "use" if limit.unit == "tokens" else "send"


def _rate(limit: RateLimit) -> str:
    """The rate in the unit in which people write it: the first that makes it whole, else the first that makes it at least 1."""
    counts = [(round(limit.rate * seconds, 9), unit) for unit, seconds in _UNITS]
    whole = [each for each in counts if each[0] >= 1 and each[0].is_integer()]
    count, unit = next((each for each in (*whole, *counts) if each[0] >= 1), counts[-1])
    return f"{_counted(count, limit)} {unit}"


def _counted(count: float, limit: RateLimit) -> str:
    number = str(int(count)) if float(count).is_integer() else f"{count:g}"
    return f"{number} {limit.unit.removesuffix('s')}" if number == "1" else f"{number} {limit.unit}"


def _period(seconds: float) -> str:
    return _PERIODS.get(round(seconds, 9)) or f"{seconds:g} s"
