"""What the shell offers for a half-typed service name."""

from __future__ import annotations

import re
from typing import Any

from arena_cli.selection import Selection

_SERVICE = re.compile(r"^ {1,8}([A-Za-z0-9][\w.-]*):\s*(#.*)?$")


def complete_service(ctx: Any, incomplete: str) -> list[str]:
    """The services of the chosen arena.yaml whose names begin so; none when the file cannot be read.

    A shell waits for this at every press of Tab, so the file is skimmed, not checked.
    """
    told = ctx.find_root().params
    selection = Selection(files=tuple(told.get("file") or ()), directory=told.get("project_directory") or "")
    try:
        text = "\n".join(path.read_text(encoding="utf-8") for path in selection.paths())
    except Exception:  # noqa: BLE001  # an error message would land in the middle of the command line being typed
        return []
    return [name for name in service_names(text) if name.startswith(incomplete)]


def service_names(text: str) -> list[str]:
    """The keys directly below a top-level `services:`, in the order of the file."""
    names: list[str] = []
    inside, indent = False, ""
    for line in text.splitlines():
        if line[:1].strip() and not line.startswith("#"):
            inside, indent = line.startswith("services:"), ""
        elif inside and (match := _SERVICE.match(line)):
            indent = indent or line[: len(line) - len(line.lstrip())]
            if line.startswith(indent + match[1]):
                names.append(match[1])
    return list(dict.fromkeys(names))
