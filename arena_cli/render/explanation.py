"""`arena auth can`."""

from __future__ import annotations

import json

from rich.text import Text

from arena.auth.permission import Explanation
from arena.model import codec
from arena_cli.render.palette import BAD, FAINT, GOOD, STRONG


def as_json(value: Explanation) -> str:
    """One object."""
    return json.dumps(codec.encode(value), indent=2)


def text(value: Explanation) -> Text:
    """Yes or no, why, and on which route."""
    word = ("yes", f"{STRONG} {GOOD}") if value.allowed else ("no", f"{STRONG} {BAD}")
    told = Text.assemble(word, f": {value.reason}")
    where = (f"route {value.route} of {value.service}",) if value.route else ()
    for line in (*where, *value.notes):
        told.append(f"\n  {line}", FAINT)
    return told
