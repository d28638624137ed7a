"""`arena schema`."""

from __future__ import annotations

import json

from arena_cli.context import current_context


def schema() -> None:
    """Print the JSON schema of arena.yaml.

    Editors use it through the first line of the file; `arena init` writes that line and a copy of the schema.
    """
    from arena.config.schema import json_schema

    current_context().write(json.dumps(json_schema(), indent=2))
