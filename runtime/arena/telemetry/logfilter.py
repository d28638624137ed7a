"""From a journal entry to a LogLine, and whether a query wants it. Pure; the costly reading of JSON comes last."""

from __future__ import annotations

import json
from typing import Any

from arena.model.logline import LogLine, LogQuery

_MESSAGE_KEYS = ("event", "message", "msg")


class LogFilter:
    """What one query asks of the entries of one instance.

    `trace` wants JSON lines whose `trace_id` or `request_id` is that id, and plain lines that contain it.
    """

    def __init__(self, query: LogQuery, instance: str) -> None:
        self._instance = instance
        self._service = service_of(instance)
        self._since = query.since
        self._until = query.until
        self._trace = query.trace
        self._needle = query.trace.encode()

    def read(self, entry: bytes) -> LogLine | None:
        """The line of a journal entry if it is wanted and well formed, else None."""
        if self._needle and self._needle not in entry:
            return None
        fields = entry.split(b" ", 2)
        at = when(entry)
        if at is None or len(fields) < 3 or fields[1] == b"0" or not self._in_time(at):
            return None
        line = read_text(at, self._service, self._instance, fields[2])
        return line if self._in_trace(line) else None

    def _in_time(self, at: float) -> bool:
        return (self._since is None or at >= self._since) and (self._until is None or at <= self._until)

    def _in_trace(self, line: LogLine) -> bool:
        if not self._trace or self._trace in (line.trace_id, line.request_id):
            return True
        return not line.text.startswith("{")  # a plain line: the bytes were found already


def covers(query: LogQuery, instance: str) -> bool:
    """Whether the query asks about this instance: by its service's name, by its own, or by naming none."""
    return not query.services or instance in query.services or service_of(instance) in query.services


def service_of(instance: str) -> str:
    """ "web-1" is an instance of "web"."""
    return instance.rpartition("-")[0]


def when(entry: bytes) -> float | None:
    """The time of a journal entry, None where there is none to be read."""
    try:
        return float(entry.partition(b" ")[0])
    except ValueError:
        return None


def read_text(at: float, service: str, instance: str, raw: bytes) -> LogLine:
    """A LogLine from what the process wrote: invalid UTF-8 is replaced, a carriage return at the end dropped."""
    text = raw.decode(errors="replace").removesuffix("\r")
    facts = _read_json(text)
    if not facts:
        return LogLine(at, service, instance, text)
    message = next((word for key in _MESSAGE_KEYS if (word := _text(facts, key))), "")
    return LogLine(
        at,
        service,
        instance,
        text,
        _text(facts, "level"),
        message,
        _text(facts, "trace_id"),
        _text(facts, "request_id"),
    )


def _read_json(text: str) -> dict[str, Any]:
    if not text.startswith("{"):
        return {}
    try:
        facts = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _text(facts: dict[str, Any], key: str) -> str:
    value = facts.get(key)
    return value if isinstance(value, str) else ""
