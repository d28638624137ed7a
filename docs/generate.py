"""Writes the files that are made from the code: `python docs/generate.py`; with `--check`, names the stale ones and fails.

To add one, write a function that returns its text and list it in FILES.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from arena.config.schema import json_schema
from arena_cli.reference import page as cli_page

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "docs"))  # not there when a test loads this file by its path

import theory  # noqa: E402  # after the line above

_BANNER = "<!-- Written by docs/generate.py from the models in runtime/arena/config/document. Do not edit. -->"


def schema_file() -> str:
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def arena_yaml_page() -> str:
    """The reference of arena.yaml: a table for each section, in the order in which the file nests them."""
    schema = json_schema()
    parts = [_BANNER, "# arena.yaml", _INTRODUCTION.strip()]
    for title, section in _sections(schema):
        parts += [f"## {title}", section["description"], _table(section, schema)]
    return "\n\n".join(parts) + "\n"


FILES: list[tuple[str, Callable[[], str]]] = [
    ("schemas/arena.schema.json", schema_file),
    ("docs/reference/arena-yaml.md", arena_yaml_page),
    ("docs/reference/cli.md", cli_page),
    *theory.files(),
]

_INTRODUCTION = """
One file describes one project. Arena looks for `arena.yaml` in the current folder and those above it, and reads
`arena.override.yaml` beside it; `-f FILE` (repeatable) names files instead, and later ones override.

- **Values.** `${VAR}`, `$VAR`, `${VAR:-default}`, `${VAR-default}`, `${VAR:?message}`, `${VAR:+alternative}`; `$$` is a
  dollar sign. They are filled from the environment, then from `.env` beside the first file (or from `--env-file`). An unset
  `${VAR}` is an error where a secret is expected and a warning elsewhere. `${PORT}`, `${ARENA_INSTANCE_ID}`,
  `${ARENA_SERVICE_NAME}` and the other variables that Arena gives to each instance are filled when the instance starts, in
  `command`, `environment` and `healthcheck.test`.
- **Durations** are `500ms`, `5s`, `1m30s`, or a number of seconds. **Sizes** are `512k`, `10MB`, `1g`, or bytes; k is 1024.
  **Rates** are `200/s`, `60/min`, `1000/h`.
- **Several files.** Mappings merge and scalars are replaced. `env_file` and `profiles` append; `routes` merge by name, or by
  path where they have none; `environment`, `metadata` and `depends_on` merge by key in either form. Every other list is
  replaced. A key without a value (`command:`) goes back to its default.
- **Your own keys** start with `x-` and may stand in any section; YAML anchors and merge keys (`<<`) work.
- **service.yaml.** A service's folder (`path`) may hold one with `service.name`, `port`, `health_check_interval`,
  `rate_limits.requests_per_minute`, `rate_limits.tokens_per_minute` and `ai.model`, `ai.max_input_length`;
  arena.yaml wins where both speak.
"""


def _sections(schema: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Every section once, with its dotted place: depth first, so that a section follows the key that holds it."""
    found: list[tuple[str, dict[str, Any]]] = []
    seen: set[str] = set()

    def visit(title: str, section: dict[str, Any]) -> None:
        found.append((title, section))
        for key, value in section["properties"].items():
            name, suffix = _target(value)
            if name and name not in seen:
                seen.add(name)
                visit(f"{title}.{key}{suffix}".removeprefix("The file."), schema["definitions"][name])

    visit("The file", schema)
    return found


def _target(value: dict[str, Any]) -> tuple[str, str]:
    """The section a key leads to, and whether through a name (`.<name>`) or a list (`[]`)."""
    if "$ref" in value:
        return value["$ref"].rpartition("/")[2], ""
    for form in value.get("allOf", []) + value.get("anyOf", []):
        name, suffix = _target(form)
        if name:
            return name, suffix
    for key, suffix in (("additionalProperties", ".<name>"), ("items", "[]")):
        if isinstance(value.get(key), dict):
            name, inner = _target(value[key])
            if name:
                return name, suffix + inner
    return "", ""


def _table(section: dict[str, Any], schema: dict[str, Any]) -> str:
    rows = ["| Key | Type | Default | Meaning |", "|---|---|---|---|"]
    for key, value in section["properties"].items():
        name, _ = _target(value)
        meaning = value.get("description") or schema["definitions"][name]["description"]
        default = "required" if key in section.get("required", []) else _default(value)
        cells = (f"`{key}`", _type(value), default, meaning)
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows)


def _type(value: dict[str, Any]) -> str:
    if "enum" in value:
        return " or ".join(f"`{each}`" for each in value["enum"])
    if "const" in value:
        return f"`{value['const']}`"
    if "title" in value:
        return str(value["title"])
    if "anyOf" in value:
        kinds = [_type(form) for form in value["anyOf"] if not form.get("pattern", "").startswith(r"^\d")]
        return " or ".join(dict.fromkeys(kinds))
    if value.get("type") == "array":
        return f"list of {_type(value['items'])}"
    return _plain_type(value)


def _plain_type(value: dict[str, Any]) -> str:
    names = {"string": "text", "integer": "number", "boolean": "true or false", "object": "mapping"}
    kind = value.get("type", "object")
    return " or ".join(names.get(each, each) for each in ([kind] if isinstance(kind, str) else kind))


def _default(value: dict[str, Any]) -> str:
    if "default" not in value:
        return ""
    default = value["default"]
    if value.get("title") == "duration":
        return f"`{default:g}s`"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Write the files, or compare them. Returns the exit code: 1 when `--check` finds a stale one."""
    stale = []
    for name, make in FILES:
        path, text = root / name, make()
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in arguments:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for name in stale:
        verdict = "is stale: run `make docs` and commit it" if "--check" in arguments else "written"
        sys.stdout.write(f"{name} {verdict}\n")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
