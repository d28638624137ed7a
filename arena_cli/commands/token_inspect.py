"""`arena token inspect`."""

from __future__ import annotations

import sys
import time
from typing import Annotated

import typer

from arena.errors import UsageError
from arena_cli.context import current_context
from arena_cli.exits import EXITS
from arena_cli.options import OutputOption


def inspect(
    word: Annotated[
        str, typer.Argument(metavar="[TOKEN]", help="The token; - or nothing reads it from stdin.", show_default=False)
    ] = "-",
    *,
    output: OutputOption = "table",
) -> None:
    """Show what a token says and whether the gateway would accept it.

    The exit code is 4 if it would not.
    """
    from arena_cli import credential
    from arena_cli.render import token

    context = current_context()
    found = credential.inspect(context.selection, _given(word))
    if output == "json":
        context.write(token.as_json(found))
    else:
        context.show(token.inspection(found, time.time()))
    if found.verdict != "verified":
        raise typer.Exit(EXITS["auth"])


def _given(word: str) -> str:
    if word == "-":
        word = "" if sys.stdin.isatty() else sys.stdin.read()
    token = word.strip().removeprefix("Bearer").strip()
    if not token:
        raise UsageError("no token was given", hint="give it as the argument, or on stdin")
    return token
