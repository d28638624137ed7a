"""A log line for people: aligned and coloured prefix, JSON read as time, level, message and key=value.

Lines come by the thousand, so they are plain strings with SGR codes, not Rich objects.
"""

from __future__ import annotations

import contextlib
import json
import math
import re
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from rich.color import ColorSystem
from rich.style import Style

from arena.model import codec
from arena.model.logline import LogLine
from arena_cli.render.palette import ACCENT, BAD, BUSY, FAINT, STRONG, instance_colours

_LEVELS = {
    "trace": FAINT, "debug": FAINT, "info": ACCENT, "notice": ACCENT, "warning": BUSY, "warn": BUSY,
    "error": BAD, "critical": f"{STRONG} {BAD}", "fatal": f"{STRONG} {BAD}",
}  # fmt: skip
_MESSAGE_KEYS = ("message", "msg", "event")
_LEVEL_KEYS = ("level", "severity", "levelname")
_IDS = ("request_id", "trace_id")
_TIME_KEYS = ("time", "timestamp", "ts", "@timestamp")

# Everything a terminal would obey except colour: a service must not move the cursor or rename the window of who reads its log.
_SEQUENCE = r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[[0-9;?]*[A-Za-ln-z@`]"
_CONTROL = re.compile(_SEQUENCE + r"|\x1b(?!\[[0-9;]*m)|[\x00-\x08\x0a-\x1a\x1c-\x1f\x7f-\x9f]")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(slots=True)
class Printer:
    """How lines look. `instances` are those known at the start; others join as they come. `times` adds when Arena read
    the line, RFC 3339; without it a JSON line shows its own time of day."""

    instances: list[str]
    colour: bool
    prefix: bool = True
    times: bool = False
    _colours: dict[str, str] = field(default_factory=dict)
    _width: int = 0

    def __post_init__(self) -> None:
        self._meet(self.instances)

    def line(self, line: LogLine) -> str:
        """`line` as it is printed, without its last newline. A traceback inside a JSON line gets lines of its own."""
        if line.instance not in self._colours:
            self._meet([*self._colours, line.instance])
        pieces = [self._prefix(line.instance)] if self.prefix else []
        if self.times:
            pieces.append(self._ink(_rfc3339(line.at), FAINT))
        before = " ".join([*pieces, ""])
        return "\n".join(before + text for text in self._body(line))

    def _meet(self, names: list[str]) -> None:
        self._colours = instance_colours(names)
        self._width = max(map(len, self._colours), default=0)

    def _prefix(self, instance: str) -> str:
        return self._ink(f"{instance:<{self._width}} |", self._colours[instance])

    def _body(self, line: LogLine) -> list[str]:
        fields = _fields(line.text)
        if fields is None:
            text = _CONTROL.sub("", line.text)
            return [text if self.colour else _COLOUR.sub("", text)]
        if self.prefix:
            fields = {key: value for key, value in fields.items() if (key, value) not in _prefixed(line)}
        when = _take(fields, _TIME_KEYS)
        level = str(_take(fields, _LEVEL_KEYS) or line.level or "")
        message = _take(fields, _MESSAGE_KEYS)
        below = [fields.pop(key) for key in list(fields) if isinstance(fields[key], str) and "\n" in fields[key]]
        pieces = [] if self.times else [self._ink(_time_of_day(when, line.at), FAINT)]
        if level:
            pieces.append(self._ink(f"{_clean(level).upper():<5}", _LEVELS.get(level.lower(), "")))
        if message is not None:
            pieces.append(_clean(message))
        pieces += [self._ink(f"{_clean(key)}=", FAINT) + _clean(value) for key, value in _telling(fields)]
        return [" ".join(pieces), *("  " + _clean(text) for block in below for text in block.splitlines())]

    def _ink(self, text: str, style: str) -> str:
        return _style(style).render(text, color_system=ColorSystem.STANDARD) if self.colour and style else text


def as_json(line: LogLine) -> str:
    """One object on one line: the keys of `model.logline.LogLine`, and in `fields` what a JSON line says besides; {} for
    any other line."""
    said: dict[str, Any] = {
        "service": line.service, "instance": line.instance, "trace_id": line.trace_id, "request_id": line.request_id,
        **dict.fromkeys(_MESSAGE_KEYS, line.message), **dict.fromkeys(_LEVEL_KEYS, line.level),
    }  # fmt: skip
    more = dict(item for item in (_fields(line.text) or {}).items() if item not in said.items())
    return json.dumps({**codec.encode(line), "fields": more}, ensure_ascii=False)


@cache
def _style(name: str) -> Style:
    return Style.parse(name)


def _fields(text: str) -> dict[str, Any] | None:
    if not text.startswith("{"):
        return None
    try:
        value = json.loads(text, parse_constant=str, parse_float=_finite)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and value else None


def _finite(text: str) -> float | str:
    """A number that JSON can say again; 1e999 stays the text it is, as NaN does."""
    value = float(text)
    return value if math.isfinite(value) else text


def _take(fields: dict[str, Any], keys: tuple[str, ...]) -> Any:
    for key in keys:
        if key in fields:
            return fields.pop(key)
    return None


def _prefixed(line: LogLine) -> tuple[tuple[str, str], ...]:
    """What the prefix says already."""
    return (("service", line.service), ("instance", line.instance))


def _telling(fields: dict[str, Any]) -> list[tuple[str, Any]]:
    """What tells a reader something: no empty values, the long ids last and each of them once."""
    ids = {value: key for key in _IDS if isinstance(value := fields.get(key), str)}
    told = [(key, value) for key, value in fields.items() if not isinstance(value, str) or key not in _IDS]
    told += [(key, value) for value, key in ids.items()]
    return [(key, value) for key, value in told if value not in (None, "")]


def _clean(value: object) -> str:
    if isinstance(value, str):
        text = _COLOUR.sub("", _CONTROL.sub("", value.replace("\n", "\\n")))
        return text if text else '""'
    return json.dumps(value, ensure_ascii=False)


def _time_of_day(when: object, at: float) -> str:
    if isinstance(when, (int, float)) and not isinstance(when, bool) and 0 <= when < 1e11:
        at = float(when)
    elif isinstance(when, str):
        with contextlib.suppress(ValueError):
            at = datetime.fromisoformat(when).timestamp()
    return datetime.fromtimestamp(at).strftime("%H:%M:%S.%f")[:-3]


def _rfc3339(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().isoformat(timespec="milliseconds")
