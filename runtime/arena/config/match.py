"""Conditions and splits: sections to the model, and the model as sections again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arena.model.match import Condition, Source
from arena.model.split import Part, Split

if TYPE_CHECKING:
    from collections.abc import Mapping

    from arena.config.document.match import ConditionSection, MatchSection
    from arena.config.document.route import RouteSection
    from arena.model.route import Route

_KEYS: dict[Source, str] = {"header": "headers", "cookie": "cookies", "query": "query"}


def conditions(section: MatchSection) -> tuple[Condition, ...]:
    """What the route asks of headers, cookies and query."""
    headers = {name.lower(): test for name, test in section.headers.items()}
    return (
        *_conditions("header", headers),
        *_conditions("cookie", section.cookies),
        *_conditions("query", section.query),
    )


def _conditions(source: Source, tests: Mapping[str, ConditionSection]) -> list[Condition]:
    return [_condition(source, name, test) for name, test in tests.items()]


def _condition(source: Source, name: str, test: ConditionSection) -> Condition:
    if test.present is not None:
        return Condition(source, name, "present" if test.present else "absent")
    if test.prefix is not None:
        return Condition(source, name, "prefix", test.prefix)
    if test.regex is not None:
        return Condition(source, name, "regex", test.regex)
    return Condition(source, name, "exact", test.exact or "")


def split(section: RouteSection) -> Split | None:
    """Among whom the route's requests are divided, None for nobody else."""
    if section.split is None:
        return None
    return Split(tuple(Part(part.service, part.weight) for part in section.split), section.split_by or "principal")


def shown(route: Route) -> dict[str, Any]:
    """The keys of a route that say its conditions and its split; what says nothing is left out."""
    told: dict[str, Any] = {}
    for condition in route.match:
        tests = told.setdefault("match", {}).setdefault(_KEYS[condition.source], {})
        tests[_literal(condition.name)] = _shown(condition)
    if route.split is not None:
        told["split"] = [{"service": _literal(part.service), "weight": part.weight} for part in route.split.parts]
        told["split_by"] = _literal(route.split.by)
    return told


def _shown(condition: Condition) -> dict[str, Any]:
    if condition.test in ("present", "absent"):
        return {"present": condition.test == "present"}
    return {condition.test: _literal(condition.value)}


def _literal(text: str) -> str:
    return text.replace("$", "$$")
