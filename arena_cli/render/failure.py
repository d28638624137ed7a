"""An error as words: what and where, the evidence, what to do."""

from __future__ import annotations

import json
import platform
import traceback as tracebacks
from typing import TYPE_CHECKING, Any

from rich.text import Text

from arena.errors import ArenaError, UsageError
from arena_cli.render.palette import ACCENT, BAD, BUSY, FAINT, STRONG

if TYPE_CHECKING:
    import typer


def as_text(error: ArenaError) -> Text:
    """For people: message, then the quoted evidence, then the remedy."""
    text = Text.assemble(("error: ", f"{STRONG} {BAD}"), (error.message, STRONG))
    if error.detail:
        text.append("\n")
        for line in error.detail.rstrip().splitlines():
            text.append("\n  ").append_text(Text.from_ansi(line))
        text.append("\n")
    if error.hint:
        text.append("\n").append("hint: ", ACCENT).append(error.hint)
    return text


def as_note(words: str) -> Text:
    """Something to know that stops nothing."""
    return Text.assemble(("note: ", BUSY), words)


def as_json(error: ArenaError) -> str:
    """For programs: one object, on stderr, when the command was asked for `-o json`."""
    told = {"code": error.code, "message": error.message, "hint": error.hint, "detail": error.detail}
    return json.dumps({"error": told}, ensure_ascii=False)


def of_usage(error: typer.TyperException) -> ArenaError:
    """A command line that Typer could not read, as an error like the others."""
    context: Any = getattr(error, "ctx", None)
    words = f"`{context.command_path} --help` shows what there is" if context else "`arena --help` shows what there is"
    return UsageError(error.format_message().replace("Value error, ", "").rstrip("."), hint=words)


def as_bug(error: Exception, *, traceback: bool) -> Text:
    """An exception nobody foresaw. The traceback is for whoever set ARENA_DEBUG."""
    text = Text.assemble(
        ("this is a bug in Arena: ", f"{STRONG} {BAD}"),
        (f"{type(error).__name__}: {error}", STRONG),
    )
    if traceback:
        lines = "".join(tracebacks.format_exception(error)).rstrip()
        text.append("\n\n").append(lines, FAINT)
        return text
    text.append("\n").append("hint: ", ACCENT)
    text.append("run it again with ARENA_DEBUG=1 and report what that prints, with what you did")
    return text.append(f"\n      Python {platform.python_version()} on {platform.system()}", FAINT)
