"""`arena version`."""

from __future__ import annotations

import json
import platform

from arena_cli.context import current_context
from arena_cli.options import OutputOption


def version(output: OutputOption = "table") -> None:
    """Show the version of Arena."""
    from importlib import metadata

    facts = {
        "arena": metadata.version("arena-ops"),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
    }
    context = current_context()
    if output == "json":
        context.write(json.dumps(facts, indent=2))
    else:
        context.show("arena {arena} (Python {python}, {platform})".format(**facts))
