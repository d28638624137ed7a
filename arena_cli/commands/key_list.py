"""`arena key list`."""

from __future__ import annotations

import time

from arena_cli.context import current_context
from arena_cli.options import OutputOption


def list(*, output: OutputOption = "table") -> None:
    """List the API keys, never the keys themselves."""
    from arena_cli import keys
    from arena_cli.render import key

    context = current_context()
    found = keys.listing(context.layout())
    if output == "json":
        context.write(key.as_json(found))
    elif found:
        context.show(key.listing(found, time.time()))
    else:
        context.note("there are no API keys; `arena key create --name NAME --role ROLE` makes one")
