"""Limits on something whose amount is known only afterwards, such as the tokens of a language model.

Theory. A request books the most that it may use before it is let through, and settles when it is known what it used: the rest
is given back, or what it used beyond is charged. Between the two the whole booking counts, so that requests at the same time
cannot use more together than is there, however many they are. What is never settled stays booked, and comes back with time as
if it had been used. The errors are on the safe side: of a token bucket, time may have brought back a part of the booking
already, and only the rest is given back.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Booking:
    """`cost` was taken at the time `at`, in seconds of the limiter's clock."""

    cost: int
    at: float


class Bookable(Protocol):
    """What an algorithm must do for amounts other than 1. As for `limiter.Limiter`, taking follows asking at the same `now`."""

    def ask_for(self, key: Hashable, cost: int, now: float) -> float:
        """0.0 when `cost` would be admitted, else the seconds to wait; infinite when it never will be."""

    def take_for(self, key: Hashable, cost: int, now: float) -> tuple[int, float]:
        """Count `cost`: what is left, and the seconds until the whole quota is there again."""

    def settle(self, key: Hashable, booking: Booking, used: int, now: float) -> None:
        """What was booked turned out to be `used`."""
