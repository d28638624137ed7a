from __future__ import annotations

import jsonschema
import yaml

from tests.arena_cli.conftest import ARENA_YAML, Inside


def test_the_schema_is_one_and_takes_a_valid_file(inside: Inside) -> None:
    schema = (inside("schema")).json
    jsonschema.Draft7Validator.check_schema(schema)
    jsonschema.validate(yaml.safe_load(ARENA_YAML), schema)
