"""Members of a JSON value, set, removed and renamed by pointer.

Removing and renaming come first, then setting. What is not there is not removed; what is renamed takes the place of whatever
had the new name, which is gone even if there is nothing to rename: a service that finds the name may trust it. Setting makes
the objects on the way; where something else stands in the way the body is refused, because a reader would miss what had to be
there. `-` sets behind the last element of an array, and makes the array where nothing is.
Source: RFC 6901 (JSON Pointer).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from arena.gateway.exchange import Exchange
from arena.gateway.filters.template import compile_template
from arena.model.transform import FACTS, REFERENCE, BodyEdit

Pointer = tuple[str, ...]
Make = Callable[[Exchange], Any]
Change = Callable[[Exchange, Any], Any]
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")
ABSENT = object()


class NoPlace(ValueError):
    """A value cannot be set where the pointer says."""


def parse_pointer(text: str) -> Pointer:
    """The reference tokens of a pointer that is not the whole document's. Raises ValueError."""
    if not text.startswith("/") or re.search(r"~(?![01])", text):
        raise ValueError(f"{text!r:.60} is no JSON pointer such as /user/name")
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in text[1:].split("/"))


def compile_json_edit(edit: BodyEdit) -> Change | None:
    """A function that changes a value in place and returns it; None when nothing is to be changed. It raises NoPlace. Raises
    ValueError for a pointer that is none."""
    removals = sorted((parse_pointer(text) for text in edit.remove), key=_behind, reverse=True)
    renames = [(parse_pointer(pair.name), parse_pointer(pair.value)) for pair in edit.rename]
    sets = [(parse_pointer(pair.name), _maker(json.loads(pair.value))) for pair in edit.set]
    if not (removals or renames or sets):
        return None

    def change(x: Exchange, value: Any) -> Any:
        for pointer in removals:
            take(value, pointer)
        for old, new in renames:
            moved = take(value, old)
            take(value, new)
            if moved is not ABSENT:
                put(value, new, moved)
        for pointer, make in sets:
            made = make(x)
            if made is ABSENT:
                take(value, pointer)
            else:
                put(value, pointer, made)
        return value

    return change


def take(value: Any, pointer: Pointer) -> Any:
    """Take out what `pointer` leads to, and return it; ABSENT when nothing is there."""
    for token in pointer[:-1]:
        value = _step(value, token)
    last = pointer[-1]
    if isinstance(value, dict):
        return value.pop(last, ABSENT)
    if isinstance(value, list) and _INDEX.fullmatch(last) and int(last) < len(value):
        return value.pop(int(last))
    return ABSENT


def put(value: Any, pointer: Pointer, new: Any) -> None:
    """Put `new` where `pointer` leads, in the place of what is there."""
    for token, then in pairwise(pointer):
        below = _step(value, token)
        if below is ABSENT and isinstance(value, dict):
            below = value[token] = [] if then == "-" else {}
        value = below
    last = pointer[-1]
    if isinstance(value, dict):
        value[last] = new
    elif isinstance(value, list) and last == "-":
        value.append(new)
    elif isinstance(value, list) and _INDEX.fullmatch(last) and int(last) < len(value):
        value[int(last)] = new
    else:
        raise NoPlace(f"there is no place for {'/'.join(('', *pointer))}")


def _step(value: Any, token: str) -> Any:
    if isinstance(value, dict):
        return value.get(token, ABSENT)
    if isinstance(value, list) and _INDEX.fullmatch(token) and int(token) < len(value):
        return value[int(token)]
    return ABSENT


def _behind(pointer: Pointer) -> tuple[tuple[int, int, str], ...]:
    """Sorts the elements of an array by their numbers, so that the last is removed first."""
    return tuple((0, int(token), "") if _INDEX.fullmatch(token) else (1, 0, token) for token in pointer)


def _maker(value: Any) -> Make:
    """What makes `value` for one exchange, with its templates filled. A template of a fact that is absent is ABSENT; inside a
    list or a mapping, null."""
    if isinstance(value, dict):
        members = {name: _maker(each) for name, each in value.items()}
        return lambda x: {name: _or_null(make(x)) for name, make in members.items()}
    if isinstance(value, list):
        elements = [_maker(each) for each in value]
        return lambda x: [_or_null(make(x)) for make in elements]
    if isinstance(value, str) and any(found[1] in FACTS for found in REFERENCE.finditer(value)):
        fill = compile_template(value)

        def make(x: Exchange) -> Any:
            filled = fill(x)
            return ABSENT if filled is None else filled

        return make
    return lambda _x: value


def _or_null(value: Any) -> Any:
    return None if value is ABSENT else value
