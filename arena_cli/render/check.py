"""`arena doctor`: a line per check, and what to do below those that need it."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rich.text import Text

from arena.model import codec
from arena_cli.checkup.check import Check, Verdict
from arena_cli.render import unit
from arena_cli.render.palette import ACCENT, BAD, BUSY, FAINT, GOOD, STRONG

_MARKS: dict[Verdict, tuple[str, str]] = {
    "ok": ("✓", GOOD),
    "warn": ("!", BUSY),
    "fail": ("✗", BAD),
    "not_checked": ("-", FAINT),
}


def checks(found: Sequence[Check]) -> Text:
    """Every check, and a sentence that sums them up."""
    width = max((len(check.name) for check in found), default=0)
    lines = [_line(check, width) for check in found]
    return Text("\n").join([*lines, Text(), Text(summary(found), STRONG)])


def summary(found: Sequence[Check]) -> str:
    """ "all well", or how many checks failed, warned or were not made."""
    counts = {verdict: sum(check.verdict == verdict for check in found) for verdict in _MARKS}
    told = [
        f"{counts['fail']} failed" if counts["fail"] else "",
        unit.plural(counts["warn"], "warning") if counts["warn"] else "",
        f"{counts['not_checked']} not checked" if counts["not_checked"] else "",
    ]
    return ", ".join(word for word in told if word) or "all well"


def as_json(found: Sequence[Check]) -> str:
    """One array of objects: name, verdict, detail, remedy."""
    return json.dumps([codec.encode(check) for check in found], indent=2, ensure_ascii=False)


def _line(check: Check, width: int) -> Text:
    mark, colour = _MARKS[check.verdict]
    text = Text.assemble(
        " ",
        (mark, colour),
        f" {check.name:<{width}}  ",
        (check.detail, "" if check.verdict != "not_checked" else FAINT),
    )
    if check.remedy:
        text.append(f"\n   {'':<{width}}  → ", ACCENT).append(check.remedy)
    return text
