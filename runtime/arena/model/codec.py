"""Frozen dataclasses to JSON-able values and back, without a library: what crosses a socket or rests in a file.

Supported field types: str, int, float, bool, None, Literal, tuple[T, ...], frozenset[T], dict[str, T], Path, other
dataclasses, and unions with None. Unknown keys are ignored on the way in, so that an older process can read a newer
one's file; a missing key without a default, or a value of the wrong type, raises ValueError naming the field.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar

T = TypeVar("T")


def encode(value: Any) -> Any:
    """Turn a dataclass (or a collection of them) into dicts, lists and scalars that `json.dumps` takes."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: encode(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, (frozenset, set)):
        return sorted(encode(item) for item in value)
    if isinstance(value, (tuple, list)):
        return [encode(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    return value


def decode(kind: type[T], data: Any, where: str = "") -> T:
    """Build a `kind` from what `encode` made of one. Raises ValueError, naming the field, for anything else."""
    return typing.cast("T", _decode(kind, data, where or getattr(kind, "__name__", str(kind))))


def _decode(kind: Any, data: Any, where: str) -> Any:
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _decode_dataclass(kind, data, where)
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return _decode_optional(kind, data, where)
    if origin is Literal:
        return _expect(data in typing.get_args(kind), data, kind, where)
    if origin in (tuple, frozenset):
        _expect(isinstance(data, list), data, kind, where)
        item = typing.get_args(kind)[0]
        return origin(_decode(item, entry, f"{where}[{index}]") for index, entry in enumerate(data))
    if origin is dict:
        _expect(isinstance(data, dict), data, kind, where)
        item = typing.get_args(kind)[1]
        return {key: _decode(item, entry, f"{where}.{key}") for key, entry in data.items()}
    return _decode_scalar(kind, data, where)


def _decode_scalar(kind: Any, data: Any, where: str) -> Any:
    if kind is Path:
        return Path(_expect(isinstance(data, str), data, kind, where))
    if kind is float:
        return float(_expect(isinstance(data, (int, float)) and not isinstance(data, bool), data, kind, where))
    if kind is int:
        return _expect(isinstance(data, int) and not isinstance(data, bool), data, kind, where)
    if kind in (str, bool):
        return _expect(isinstance(data, kind), data, kind, where)
    if kind is type(None):
        return _expect(data is None, data, kind, where)
    return data  # object and Any: kept as JSON gave it


def _decode_dataclass(kind: Any, data: Any, where: str) -> Any:
    _expect(isinstance(data, dict), data, kind, where)
    values = {}
    for name, hint, required in _fields(kind):
        if name in data:
            values[name] = _decode(hint, data[name], f"{where}.{name}")
        elif required:
            raise ValueError(f"{where}.{name} is missing")
    return kind(**values)


def _decode_optional(kind: Any, data: Any, where: str) -> Any:
    options = typing.get_args(kind)
    if data is None and type(None) in options:
        return None
    (rest,) = [option for option in options if option is not type(None)]
    return _decode(rest, data, where)


@cache
def _fields(kind: Any) -> tuple[tuple[str, Any, bool], ...]:
    hints = typing.get_type_hints(kind)
    return tuple((field.name, hints[field.name], _required(field)) for field in dataclasses.fields(kind) if field.init)


def _required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _expect(good: bool, data: Any, kind: Any, where: str) -> Any:
    if not good:
        name = getattr(kind, "__name__", None) or str(kind)
        raise ValueError(f"{where} should be {name}, got {data!r:.80}")
    return data
