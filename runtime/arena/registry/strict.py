"""JSON from strangers: read a field, or raise `Refused` naming it. `where` is put before the field's name: "check."."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from arena.registry.refusal import Refused

_MAX_TEXT = 2048  # characters
_MAX_DEPTH = 8
_MAX_ENCODED = 16 * 1024  # bytes of a bounded value as JSON


def load_object(body: bytes) -> dict[str, Any]:
    """Parse a JSON object. NaN, numbers past the range of a double, repeated keys and endless nesting are not JSON to us."""
    try:
        data = json.loads(
            body.decode(), parse_constant=_no_constant, parse_float=_finite, object_pairs_hook=_no_repeats
        )
    except (ValueError, RecursionError) as error:
        reason = "is nested too deeply" if isinstance(error, RecursionError) else f"cannot be read: {error}"
        raise Refused(400, "not-json", f"the body is not usable JSON; it {reason:.200}") from None
    if not isinstance(data, dict):
        raise Refused(400, "not-json", "the body must be a JSON object")
    return data


def only(data: dict[str, Any], allowed: set[str], where: str) -> None:
    """Refuse the first key that has no meaning here."""
    for key in data:
        if key not in allowed:
            raise _invalid(where + _printable(key), f"is not known; known are {', '.join(sorted(allowed))}")


def text(data: dict[str, Any], key: str, where: str = "") -> str:
    """A string of 1 to 2048 printable characters."""
    value = data.get(key)
    if value is None:
        raise _invalid(where + key, "is missing")
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_TEXT or not value.isprintable():
        raise _invalid(where + key, f"must be a string of 1 to {_MAX_TEXT} printable characters")
    return value


def matching(data: dict[str, Any], key: str, pattern: re.Pattern[str], description: str) -> str:
    """A string that the whole pattern matches."""
    value = text(data, key)
    if not pattern.fullmatch(value):
        raise _invalid(key, f"must be {description}")
    return value


def number(
    data: dict[str, Any], key: str, least: float, most: float, *, default: float | None = None, where: str = ""
) -> float:
    """A number from `least` to `most`; `default` when the key is absent and there is one."""
    value = data.get(key, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
        raise _invalid(where + key, f"must be a number from {least:g} to {most:g}")
    return float(value)


def whole(data: dict[str, Any], key: str, least: int, most: int, *, default: int, where: str = "") -> int:
    """Like `number`, and whole."""
    if not isinstance(data.get(key, default), int):
        raise _invalid(where + key, f"must be a whole number from {least} to {most}")
    return int(number(data, key, least, most, default=default, where=where))


def optional_object(data: dict[str, Any], key: str) -> dict[str, Any]:
    """An object; an empty one when the key is absent or null."""
    value = data.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _invalid(key, "must be an object")
    return value


def bounded(value: dict[str, Any], where: str) -> None:
    """Refuse what is nested past 8 levels, longer than 16 kB as JSON, or holds characters that have no place in text."""
    _walk(value, where, _MAX_DEPTH)
    if len(json.dumps(value, ensure_ascii=False).encode()) > _MAX_ENCODED:
        raise _invalid(where, f"may have {_MAX_ENCODED} bytes as JSON")


def _walk(value: object, where: str, depth: int) -> None:
    if depth == 0:
        raise _invalid(where, f"may be nested {_MAX_DEPTH} levels deep")
    if isinstance(value, str) and not _is_text(value):
        raise _invalid(where, "holds a control character or half a character")
    if isinstance(value, dict):
        for key, item in value.items():
            _walk(key, where, depth)
            _walk(item, f"{where}.{key:.60}", depth - 1)
    if isinstance(value, list):
        for index, item in enumerate(value):
            _walk(item, f"{where}[{index}]", depth - 1)


def _is_text(value: str) -> bool:
    return all(char.isprintable() or char in "\n\t" for char in value)


def _printable(value: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in value[:60])


def _invalid(field: str, detail: str) -> Refused:
    return Refused(422, "invalid-field", detail, field)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number in JSON")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError("a number is too large")
    return value


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        raise ValueError("a key is given twice")
    return data
