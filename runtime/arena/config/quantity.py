"""Durations, sizes and rates as people write them. Every function raises ValueError that says what would be right."""

from __future__ import annotations

import math
import re

_NUMBER = r"\d+(?:\.\d+)?(?:e[+-]?\d+)?"
_PLAIN = re.compile(_NUMBER)
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(rf"(?:({_NUMBER})(us|ms|s|m|h|d))", re.IGNORECASE)
_SIZE = re.compile(rf"({_NUMBER})\s*([kmgt]?)(i?)(b?)", re.IGNORECASE)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_RATE = re.compile(rf"({_NUMBER})\s*/\s*([a-z]+)", re.IGNORECASE)
_PERIODS = {
    **dict.fromkeys(("s", "sec", "second"), 1.0),
    **dict.fromkeys(("m", "min", "minute"), 60.0),
    **dict.fromkeys(("h", "hour"), 3600.0),
    **dict.fromkeys(("d", "day"), 86400.0),
}


def duration(text: str) -> float:
    """Seconds from `5s`, `1m30s`, `500ms`, `2h`, or a plain number of seconds."""
    text = text.strip()
    if _PLAIN.fullmatch(text):
        return _finite(float(text))
    pieces = _DURATION.findall(text)
    if not pieces or "".join(number + unit for number, unit in pieces) != text:
        raise ValueError(f"should be a duration such as 5s, 1m30s or 500ms, not {text!r:.60}")
    return _finite(sum(float(number) * _SECONDS[unit.lower()] for number, unit in pieces))


def size(text: str) -> int:
    """Bytes from `10MB`, `1g`, `512k`, `64KiB` or a plain number. As in compose, k is 1024 with or without the i."""
    match = _SIZE.fullmatch(text.strip())
    if not match or (match[3] and not match[2]):
        raise ValueError(f"should be a size such as 512k, 10MB or 1g, not {text!r:.60}")
    return int(_finite(float(match[1]) * 1024.0 ** _POWERS[match[2].lower()]))


def rate(text: str) -> tuple[float, int]:
    """Events per second, and the count as written (rounded up, at least 1), from `200/s`, `60/min`, `1000/h`."""
    match = _RATE.fullmatch(text.strip())
    period = _PERIODS.get(match[2].lower()) if match else None
    if not match or period is None:
        raise ValueError(f"should be a rate such as 200/s, 60/min or 1000/h, not {text!r:.60}")
    count = _finite(float(match[1]))
    if count <= 0:
        raise ValueError("should be a rate above zero")
    return count / period, max(1, math.ceil(count))


def share(text: str) -> float:
    """A share of one from `50%`, or from a plain number such as 0.5; at most 1."""
    number, percent = text.strip().removesuffix("%").rstrip(), text.strip().endswith("%")
    found = float(number) / (100.0 if percent else 1.0) if _PLAIN.fullmatch(number) else math.inf
    if found > 1.0:
        raise ValueError(f"should be a share such as 50% or 0.5, not {text!r:.60}")
    return found


def percentage(text: str) -> float:
    """Per cent, above 0 and at most 100, from `10%` or a plain number."""
    number = text.strip().removesuffix("%").rstrip()
    if not _PLAIN.fullmatch(number) or not 0 < float(number) <= 100:
        raise ValueError(f"should be a percentage above 0 and at most 100, such as 10%, not {text!r:.60}")
    return float(number)


def _finite(value: float) -> float:
    if not math.isfinite(value) or value > 1e15:
        raise ValueError("is too large")
    return value
