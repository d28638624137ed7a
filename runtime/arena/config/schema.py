"""arena.yaml's JSON schema, for editors and other tools."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from arena.config.document.service import ProjectFile

DIALECT = "http://json-schema.org/draft-07/schema#"  # what yaml-language-server understands


class _Draft7(GenerateJsonSchema):
    """pydantic's own generator, less what says nothing to a reader: titles and null defaults."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - overrides pydantic's hook
        return False

    def nullable_schema(self, schema: Any) -> dict[str, Any]:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: Any) -> dict[str, Any]:
        inner = self.generate_inner(schema["schema"])
        default = schema.get("default")
        plain = isinstance(default, (str, int, float)) and default != ""
        return {**inner, "default": default} if plain and "$ref" not in inner else inner


def json_schema() -> dict[str, Any]:
    """The draft-07 schema, generated from the models that check the file: strict, `x-` keys aside, described throughout."""
    made = ProjectFile.model_json_schema(ref_template="#/definitions/{model}", schema_generator=_Draft7)
    definitions = made.pop("$defs")
    schema = {"$schema": DIALECT, "title": "arena.yaml", **_tidy(made), "definitions": _tidy(definitions)}
    assert isinstance(schema, dict)
    return schema


def _tidy(schema: Any) -> Any:
    """What the generator leaves to do: class names are no titles; draft-07 ignores what stands beside a $ref, so a described
    reference becomes an allOf; a section may be left empty; what may have one of two forms is an anyOf."""
    if isinstance(schema, list):
        return [_tidy(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: _tidy(value) for key, value in schema.items() if not _is_class_name(key, value)}
    if result.get("type") == "object" and "additionalProperties" in result and "properties" in result:
        result["type"] = ["object", "null"]
    if "oneOf" in result:  # what a section, or a list of them, comes to
        result["anyOf"] = result.pop("oneOf")
    if "$ref" in result and len(result) > 1:
        result["allOf"] = [{"$ref": result.pop("$ref")}]
    return result


def _is_class_name(key: str, value: object) -> bool:
    return key == "title" and isinstance(value, str) and value[:1].isupper()
