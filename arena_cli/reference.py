"""The reference page of the command line, made from the commands themselves; `docs/generate.py` writes it."""

from __future__ import annotations

import inspect
from typing import Any

import typer

from arena_cli.catalogue import CATALOGUE, Entry
from arena_cli.exits import EXITS, MEANINGS
from arena_cli.lazy import build

_BANNER = "<!-- Written by docs/generate.py from arena_cli. Do not edit. -->"

_INTRODUCTION = """
`arena [OPTIONS] COMMAND [ARGS]`. The options that choose a project stand before the command, as in `docker compose`.
`arena COMMAND --help` shows the same as this page.

- **Data goes to stdout, everything else to stderr**: notes, progress and errors never end up in a pipe.
- **`-o json`** gives one array or object; `logs -f -o json` gives one object a line. An error is then one object on stderr:
  `{"error": {"code", "message", "hint", "detail"}}`.
- **Colour and live progress** are for terminals. `NO_COLOR`, `CLICOLOR`, `CLICOLOR_FORCE` and `--ansi` are honoured, `--ansi`
  before the others.
- **Durations** are written `45s`, `10m`, `1h30m`, `250ms` or as a number of seconds.
- **Ctrl-C** ends a command with 130. In a foreground `up` it stops the project first, and a second one kills at once.
- **After a crash** of Arena's daemon any command that needs it starts a new one, which takes over what still runs.
- `ARENA_DEBUG=1` shows the traceback of a bug in Arena.
"""


def page() -> str:
    """The page as Markdown that ends with a newline."""
    from arena_cli.main import app

    root = typer.main.get_command(app)
    parts = [_BANNER, "# arena, the command line", _INTRODUCTION.strip()]
    parts += ["## Options before the command", _table(root.params), "## Exit codes", _exit_codes()]
    for section in dict.fromkeys(entry.section for entry in CATALOGUE):
        parts.append(f"## {section}")
        for entry in CATALOGUE:
            if entry.section == section:
                parts += _command(entry)
    return "\n\n".join(parts) + "\n"


def _exit_codes() -> str:
    rows = [f"| {code} | `{name}` | {_escape(MEANINGS[name])} |" for name, code in EXITS.items()]
    return "\n".join(["| Code | Name | Meaning |", "|---|---|---|", *rows])


def _command(entry: Entry) -> list[str]:
    if entry.members:
        return [part for member in entry.members for part in _command(member)]
    command = build(entry)
    arguments = [p.metavar for p in command.params if p.param_type_name == "argument"]
    usage = " ".join(["arena", entry.path, "[OPTIONS]", *arguments])
    parts = [f"### arena {entry.path}", f"`{usage}`", inspect.cleandoc(command.help)]
    return [*parts, _table(command.params)] if command.params else parts


def _table(params: list[Any]) -> str:
    rows = [f"| {_names(param)} | {_default(param)} | {_escape(param.help)} |" for param in params]
    return "\n".join(["| Argument or option | Default | Meaning |", "|---|---|---|", *rows])


def _names(param: Any) -> str:
    if param.param_type_name == "argument":
        return f"`{_escape(param.metavar)}`"
    names = ", ".join(f"`{name}`" for name in param.opts)
    value = param.metavar or ("" if param.is_flag else "|".join(param.type_descriptor.choices or ()))
    return f"{names} {_escape(value)}".rstrip()


def _default(param: Any) -> str:
    value = param.default
    if not param.show_default or value in (None, "", False):
        return ""
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def _escape(text: str) -> str:
    return text.replace("|", "\\|")
