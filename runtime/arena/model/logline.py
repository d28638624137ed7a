"""One line of output, wherever it came from, and a question about many."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LogLine:
    """`at` is Unix seconds. `text` is the line as the process wrote it, without its newline. `level`, `trace_id` and
    `request_id` are read from JSON lines and are "" where the line does not say."""

    at: float
    service: str
    instance: str
    text: str
    level: str = ""
    message: str = ""
    trace_id: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class LogQuery:
    """Which lines: empty `services` means all; `tail` None means all kept; `since`/`until` are Unix seconds; `trace`
    matches a trace id or a request id; `follow` keeps the answer open for what comes."""

    services: tuple[str, ...] = ()
    tail: int | None = None
    since: float | None = None
    until: float | None = None
    trace: str = ""
    follow: bool = False
