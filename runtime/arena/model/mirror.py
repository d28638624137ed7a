"""Requests of a route that another service gets as well."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mirror:
    """A copy of `percent` (above 0, 100 at most) of a route's requests goes to `service`; what it replies is dropped. A request
    whose body is longer than `max_body_bytes` is not copied, nor is one that finds `max_in_flight` copies under way."""

    service: str
    percent: float = 100.0
    max_body_bytes: int = 256 * 1024
    max_in_flight: int = 100
