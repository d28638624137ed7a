"""`arena key revoke`."""

from __future__ import annotations

from typing import Annotated

import typer

from arena_cli.context import current_context


def revoke(
    word: Annotated[str, typer.Argument(metavar="KEY", help="Its id, or its name.", show_default=False)],
) -> None:
    """Take an API key back.

    A running gateway refuses it within a second.
    """
    from arena_cli import keys

    context = current_context()
    gone = keys.revoke(context.layout(), word)
    context.note(f"revoked {gone.key_id} ({gone.name})")
