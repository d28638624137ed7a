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


FallbackCause = Literal["unavailable", "failed"]


@dataclass(frozen=True, slots=True)
class Fallback:
    """Who answers in a service's place: the service of that name or, with '', a reply of `status`, `content_type` and `body`,
    with further header lines `headers` ("name: value").

    It does when `on` says so: "unavailable" (no instance is up, or every breaker is open) and "failed" (the last attempt got
    no reply, or none in time); and when the service itself replied with one of `statuses`.
    """

    service: str = ""
    status: int = 200
    body: str = ""
    content_type: str = "text/plain; charset=utf-8"
    headers: tuple[str, ...] = ()
    on: tuple[FallbackCause, ...] = ("unavailable", "failed")
    statuses: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Hedge:
    """A second attempt beside a slow GET or HEAD: after `after` seconds or, where that is None, when it takes longer than
    `percentile` percent of them do."""

    after: float | None = None
    percentile: int = 95


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault on purpose. `delay_percent` of a hundred requests wait for `delay` seconds, `abort_percent` are answered with
    `abort` in the service's place (0: none is); each is drawn for itself. `header` is "name" or "name: value", the name in
    lower case: only requests with it are affected; '' for all."""

    delay: float = 0.0
    delay_percent: float = 100.0
    abort: int = 0
    abort_percent: float = 100.0
    header: str = ""
