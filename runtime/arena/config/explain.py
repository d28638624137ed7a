"""What pydantic found wrong, in words for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from arena.config.document.base import Section
from arena.config.secrecy import is_secret
from arena.config.suggest import suggest
from arena.config.tree import Path, dotted

_SHAPES = {
    "model_type": "should be a mapping (key: value lines)",
    "model_attributes_type": "should be a mapping (key: value lines)",
    "dict_type": "should be a mapping (key: value lines)",
    "list_type": "should be a list",
    "tuple_type": "should be a list",
    "string_type": "should be text",
    "too_short": "should not be empty",
    "string_too_short": "should not be empty",
}
_SCALARS = {
    "int_parsing": "should be a whole number",
    "int_from_float": "should be a whole number",
    "int_type": "should be a whole number",
    "float_parsing": "should be a number",
    "float_type": "should be a number",
    "bool_parsing": "should be true or false",
    "bool_type": "should be true or false",
}
_BOUNDS = {
    "greater_than": "should be more than {gt:g}",
    "greater_than_equal": "should be at least {ge:g}",
    "less_than_equal": "should be at most {le:g}",
}


def explain(error: Mapping[str, Any], root: type[Section]) -> tuple[str, str]:
    """The message and the hint for one of `ValidationError.errors()`."""
    kind, path, given = error["type"], error["loc"], error["input"]
    if kind == "extra_forbidden":
        return _unknown_key(path, root)
    if kind == "missing":
        return "is missing", ""
    if kind == "literal_error":
        return _unknown_value(error, given, path)
    if kind in _SHAPES:
        dashes = kind == "dict_type" and isinstance(given, list) and any(isinstance(item, dict) for item in given)
        hint = "remove the dashes: - key: value is a list of mappings" if dashes else ""
        return f"{_SHAPES[kind]}{_given(given, path) if 'short' not in kind else ''}", hint
    if kind in _SCALARS:
        return f"{_SCALARS[kind]}{_given(given, path)}", ""
    if kind in _BOUNDS:
        return f"{_BOUNDS[kind].format(**error['ctx'])}{_given(given, path)}", ""
    return error["msg"].removeprefix("Value error, "), ""


def _given(value: Any, path: Path) -> str:
    if isinstance(value, (dict, list, tuple)):
        return ", not a mapping" if isinstance(value, dict) else ", not a list"
    if value is None:
        return ", not empty"
    shown = f"{value:g}" if isinstance(value, float) else f"{value!r:.60}"
    return "" if is_secret(dotted(path)) else f", not {shown}"


def _unknown_value(error: Mapping[str, Any], given: Any, path: Path) -> tuple[str, str]:
    expected = error["ctx"]["expected"].replace(" or ", ", ")
    choices = [choice.strip().strip("'") for choice in expected.split(",")]
    hint = suggest(given, choices) if isinstance(given, str) else ""
    return f"should be {_one_of(choices)}{_given(given, path)}", hint if hint.startswith("did") else ""


def _one_of(choices: list[str]) -> str:
    return choices[0] if len(choices) == 1 else f"{', '.join(choices[:-1])} or {choices[-1]}"


def _unknown_key(path: Path, root: type[Section]) -> tuple[str, str]:
    section = section_at(root, path[:-1])
    key = str(path[-1])
    if section is not None and key in section.later:
        return "is known, but not supported by this version yet", "remove it for now"
    return "is not a key Arena knows", suggest(key, section.model_fields) if section else ""


def section_at(kind: type[Section], path: Path) -> type[Section] | None:
    """The section class whose keys stand at `path`; None where keys are the user's own."""
    found: type[Section] | None = kind
    for part in path:
        if found is None:
            return None
        if part in found.model_fields:
            found = _section_in(found.model_fields[str(part)].annotation)
        # Otherwise the part is a name or an index below a mapping or list of sections: the class stays.
    return found


def _section_in(annotation: Any) -> type[Section] | None:
    """The section class inside list[…], dict[str, …], … | None and Annotated."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    return next(filter(None, map(_section_in, get_args(annotation))), None)
