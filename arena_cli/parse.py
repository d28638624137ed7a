"""Words a person types for amounts of time and scale, as values."""

from __future__ import annotations

import re
from datetime import datetime

from arena.errors import UsageError
from arena.model.breaker import BreakerPlace
from arena.model.cache import Purge

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PIECE = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")


def duration(text: str | float) -> float:
    """Read "90", "90s", "1h30m" or "250ms" as seconds. Raises UsageError."""
    word = str(text).strip()
    if re.fullmatch(r"\d+(\.\d+)?", word):
        return float(word)
    pieces = _PIECE.findall(word)
    if not pieces or "".join(number + unit for number, unit in pieces) != word:
        raise UsageError(f"{word!r} is not a duration", hint="write it like 45s, 10m, 1h30m or 250ms")
    return sum(float(number) * _UNITS[unit] for number, unit in pieces)


def moment(text: str, now: float) -> float:
    """Read "10m" (that long ago) or an RFC 3339 time, local where it names no zone, as Unix seconds. Raises UsageError."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        pass
    try:
        return now - duration(text)
    except UsageError:
        raise UsageError(
            f"{text!r} is neither a duration nor a time", hint="write it like 10m or 2026-01-31T14:05:00Z"
        ) from None


def place(text: str) -> tuple[str, str]:
    """Read "web/web-2" as ("web", "web-2") and "web" as ("web", ""). Raises UsageError."""
    service, slash, instance = text.partition("/")
    if not service or (slash and not instance) or "/" in instance:
        raise UsageError(f"{text!r} is neither SERVICE nor SERVICE/INSTANCE", hint="write it like web or web/web-2")
    return service, instance


def breaker_place(text: str | None, route: str | None = None) -> BreakerPlace:
    """A service or an instance, or the route instead. Raises UsageError."""
    if text is not None and route is not None:
        raise UsageError(f"{text} and the route {route} are two", hint="name one of them")
    if text is None and route is None:
        raise UsageError("name a service, an instance or a route", hint="write it like web, web/web-2 or --route NAME")
    return BreakerPlace(route=route or "") if text is None else BreakerPlace(*place(text))


def purge(url: str | None, below: bool, route: str | None, everything: bool) -> Purge:
    """What is to be forgotten. Raises UsageError where that is not said, or said twice."""
    if everything == (url is not None or route is not None):
        message = "--all leaves nothing more to say" if everything else "say what to forget"
        raise UsageError(message, hint="write it like /hats, /hats --prefix, --route NAME or --all")
    if below and url is None:
        raise UsageError("--prefix of what? name a path", hint="write it like /hats --prefix")
    return Purge(route or "", url or "", below)


def scale(words: list[str]) -> dict[str, int]:
    """Read ["web=3"] as {"web": 3}. Raises UsageError."""
    return dict(_scale_one(word) for word in words)


def _scale_one(word: str) -> tuple[str, int]:
    service, _, count = word.partition("=")
    if not service or not count.isdecimal():
        raise UsageError(f"--scale {word!r} is not SERVICE=N", hint="write it like --scale web=3")
    return service, int(count)
