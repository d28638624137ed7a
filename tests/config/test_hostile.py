"""Whatever the file holds, `load` answers with a Project or with ConfigInvalid."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arena.config import ConfigInvalid, Loaded
from arena.config.schema import json_schema

Load = Callable[..., Loaded]
Path = tuple[str, ...]

GOOD = """\
name: good
gateway:
  port: ${PORT:-8000}
  auth: {jwt: {issuer: a}}
  rate_limits: [{rate: 200/s, burst: 400}]
services:
  web:
    command: [run, "${PORT}"]
    environment: {A: 1}
    depends_on: {db: {condition: service_started}}
    healthcheck: {http: /health, interval: 5s}
    routes: [{path: /web, roles: [user]}]
  db: {command: "db 'x y'", restart: on-failure:3}
"""

JUNK: list[Any] = [
    None, "", " ", "x", "-1", "1e999", "9" * 5000, "\x7f", "é\u2028", "${", "$", "${A:?b}", [], [[]], [None], ["x"], ["x", {}],
    {}, {"x": "y"}, {"": ""}, {"x": {"y": {}}}, {"path": None}, {"<<": "x"}, [{"path": []}], True, 0, 1.5, "/", "//", "a=b",
]  # fmt: skip


def places() -> Iterator[Path]:
    """Every key of the schema, as the way to it; a name stands for itself, a list's item for `[]`."""
    schema = json_schema()

    def visit(section: dict[str, Any], way: Path) -> Iterator[Path]:
        for key, value in section["properties"].items():
            yield (*way, key)
            yield from below(value, (*way, key))

    def below(value: dict[str, Any], way: Path) -> Iterator[Path]:
        if "$ref" in value:
            yield from visit(schema["definitions"][value["$ref"].rpartition("/")[2]], way)
        for form in value.get("allOf", []) + value.get("anyOf", []):
            yield from below(form, way)
        if isinstance(value.get("items"), dict):
            yield from below(value["items"], (*way, "[]"))
        if isinstance(value.get("additionalProperties"), dict):
            yield from below(value["additionalProperties"], (*way, "it"))

    yield from visit(schema, ())


def planted(way: Path, value: Any) -> Any:
    for part in reversed(way):
        value = [value] if part == "[]" else {part: value}
    return value


@pytest.mark.parametrize("way", sorted(set(places())), ids=".".join)
def test_junk_at_every_key(load: Load, way: Path) -> None:
    for junk in JUNK:
        attempt(load, yaml.safe_dump(planted(way, junk), allow_unicode=True))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(st.data())
def test_a_good_file_with_a_piece_torn_out_or_put_in(load: Load, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(GOOD)))
    end = data.draw(st.integers(start, min(len(GOOD), start + 20)))
    attempt(load, GOOD[:start] + data.draw(st.text(max_size=4)) + GOOD[end:])


def attempt(load: Load, text: str) -> None:
    try:
        load(text)
    except ConfigInvalid as error:
        assert error.problems
        for problem in error.problems:
            assert problem.message
            assert str(problem) in error.detail
