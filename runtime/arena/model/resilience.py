"""What is done for a request when the service does not answer well, or not in time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Cause = Literal["connect", "reset", "timeout"]


@dataclass(frozen=True, slots=True)
class Retries:
    """How often one request is attempted, and when again. Times in seconds.

    `attempts` counts the first one. An attempt has `per_try_timeout` to begin its reply (None: the route's
    `first_byte_timeout`). Between two lies a random time up to `backoff`, twice as long each time, `max_backoff` at most. `on`
    names failures after which the request is sent again: "connect" (no connection; nothing was sent), "reset" (the connection
    closed before a reply) and "timeout", both of them only for idempotent methods; so do replies with one of `statuses`.
    """

    attempts: int = 3
    per_try_timeout: float | None = None
    backoff: float = 0.025
    max_backoff: float = 0.25
    on: tuple[Cause, ...] = ("connect", "reset")
    statuses: tuple[int, ...] = ()
