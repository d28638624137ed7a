"""`arena token list`."""

from __future__ import annotations

import time

from arena_cli.context import current_context
from arena_cli.options import OutputOption


def list(*, output: OutputOption = "table") -> None:
    """List the tokens that were issued, never the tokens themselves.

    Only those of `arena token issue` are known, and only until they expire.
    """
    from arena_cli import tokens
    from arena_cli.render import token

    context = current_context()
    found = tokens.listing(context.project())
    if output == "json":
        context.write(token.listing_as_json(found))
    elif found:
        context.show(token.listing(found, time.time()))
    else:
        context.note("no token was issued that is still valid; `arena token issue --sub NAME` issues one")
