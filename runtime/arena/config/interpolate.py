"""`${VAR}` in values, as in compose files.

`${VAR}` and `$VAR` are the value, or '' when unset. `${VAR:-default}` / `${VAR-default}` fall back when unset or empty /
unset. `${VAR:?message}` / `${VAR?message}` refuse. `${VAR:+alt}` / `${VAR+alt}` give alt when set (and not empty).
`$$` is a dollar sign. `${word.word}` is a fact of a request, which stays a reference where one is known, and is a mistake
elsewhere. Defaults may hold variables themselves; only the branch that is taken is evaluated.
Source: the Compose Specification, "Interpolation".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FACT = re.compile(r"\$\{([a-z_]+\.[a-z_.]+)\}")
_NESTING = 20  # of defaults inside defaults
_OPERATOR = re.compile(r":?[-?+]")

CHILD_VARIABLES = frozenset(
    {
        "PORT",
        "ARENA_INSTANCE_ID",
        "ARENA_SERVICE_NAME",
        "ARENA_IDENTITY_FILE",
        "ARENA_PROJECT_ID",
        "SERVICE_DISCOVERY_URL",
    }
)
"""Known only when an instance starts; the supervisor fills them."""


class InterpolationError(ValueError):
    """`fragment` is the offending piece of the text, `hint` what to do about it."""

    def __init__(self, message: str, fragment: str, hint: str = "") -> None:
        super().__init__(message)
        self.fragment = fragment
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Variable:
    """One reference: `operator` is '' or one of `:- - :? ? :+ +`, `raw` is the reference as written."""

    name: str
    raw: str
    operator: str = ""
    argument: tuple[Part, ...] = ()


Part = str | Variable


@dataclass(frozen=True, slots=True)
class Expansion:
    """`unset` lists the references that had neither value nor default."""

    text: str
    unset: tuple[Variable, ...] = ()


def expand(text: str, env: Mapping[str, str], keep: frozenset[str] = frozenset()) -> Expansion:
    """Fill `text` from `env`; variables named in `keep` become `${NAME}`. Raises InterpolationError."""
    unset: list[Variable] = []
    result = _evaluate(parse(text), env, keep, unset)
    return Expansion(result, tuple(unset))


def parse(text: str) -> tuple[Part, ...]:
    """The text as literal pieces and variables. Raises InterpolationError for a reference that makes no sense."""
    parts, end = _parts(text, 0, 0)
    assert end == len(text)
    return parts


def _parts(text: str, start: int, depth: int) -> tuple[tuple[Part, ...], int]:
    """Pieces from `start` to the end, or to the closing brace when inside one (`depth`); and where they ended."""
    if depth > _NESTING:
        raise InterpolationError(f"defaults are nested more than {_NESTING} deep", "${")
    parts: list[Part] = []
    position = start
    while position < len(text) and not (depth and text[position] == "}"):
        if text[position] == "$":
            part, position = _reference(text, position, depth)
        else:
            part, position = _literal(text, position, bool(depth))
        parts.append(part)
    return tuple(parts), position


def _literal(text: str, start: int, nested: bool) -> tuple[str, int]:
    ends = [end for end in (text.find("$", start), text.find("}", start) if nested else -1) if end >= 0]
    end = min(ends, default=len(text))
    return text[start:end], end


def _reference(text: str, start: int, depth: int) -> tuple[Part, int]:
    if text.startswith("$$", start):
        return "$", start + 2
    if text.startswith("${", start):
        return _braced(text, start, depth)
    name = _NAME.match(text, start + 1)
    if not name:
        raise InterpolationError("a lone $ means nothing", text[start : start + 2], "write $$ for a dollar sign")
    return Variable(name[0], f"${name[0]}"), name.end()


def _braced(text: str, start: int, depth: int) -> tuple[Variable, int]:
    fact = _FACT.match(text, start)
    if fact:
        return Variable(fact[1], fact[0]), fact.end()
    name = _NAME.match(text, start + 2)
    if not name:
        raise InterpolationError("${ must be followed by a name", text[start : start + 3], "write $$ for a dollar sign")
    operator = _OPERATOR.match(text, name.end())
    argument, end = _parts(text, operator.end(), depth + 1) if operator else ((), name.end())
    if end >= len(text) or text[end] != "}":
        hint = "forms: ${VAR} ${VAR:-default} ${VAR:?message} ${VAR:+alternative}"
        raise InterpolationError(f"{text[start : end + 1]!r} is not a reference with a closing brace", "${", hint)
    raw = text[start : end + 1]
    return Variable(name[0], raw, operator[0] if operator else "", argument), end + 1


def _evaluate(parts: tuple[Part, ...], env: Mapping[str, str], keep: frozenset[str], unset: list[Variable]) -> str:
    return "".join(part if isinstance(part, str) else _value(part, env, keep, unset) for part in parts)


def _value(variable: Variable, env: Mapping[str, str], keep: frozenset[str], unset: list[Variable]) -> str:
    kept = variable.name in keep
    if "." in variable.name and not kept:
        raise _no_fact(variable, keep)
    value = f"${{{variable.name}}}" if kept else env.get(variable.name)
    present = bool(value) if variable.operator.startswith(":") else value is not None
    kind = variable.operator[-1:]
    if kind == "+":
        return _evaluate(variable.argument, env, keep, unset) if present else ""
    if present and value is not None:
        return value
    if kind == "-":
        return _evaluate(variable.argument, env, keep, unset)
    if kind == "?":
        message = _evaluate(variable.argument, env, keep, unset) or "it is required"
        raise InterpolationError(f"{variable.name} is not set: {message}", variable.raw, f"set {variable.name}")
    unset.append(variable)
    return ""


def _no_fact(variable: Variable, keep: frozenset[str]) -> InterpolationError:
    facts = ", ".join(sorted(name for name in keep if "." in name))
    hint = f"there are {facts}" if facts else "they can stand in a route's request, response and rewrite"
    what = "is not known" if facts else "has no value here"
    return InterpolationError(f"the fact {variable.name} of a request {what}", variable.raw, hint)
