"""Whether a stream gets colour and live progress, and the Rich console that prints to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from rich.console import Console

Ansi = Literal["auto", "always", "never"]

UNWRAPPED = 10_000  # columns of a stream that is not a terminal: nothing is cut or wrapped there


def wants_colour(ansi: Ansi, environment: Mapping[str, str], terminal: bool) -> bool:
    """Decide as https://no-color.org and https://bixense.com/clicolors ask; `--ansi` is stronger than both."""
    if ansi != "auto":
        return ansi == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("CLICOLOR_FORCE", "0") != "0":
        return True
    return terminal and environment.get("TERM") != "dumb" and environment.get("CLICOLOR", "1") != "0"


def wants_live(ansi: Ansi, environment: Mapping[str, str], terminal: bool) -> bool:
    """Decide whether lines may be redrawn in place."""
    return terminal and ansi != "never" and environment.get("TERM") != "dumb"


def make(stream: IO[str], *, colour: bool, live: bool) -> Console:
    """A console that writes to `stream` and never guesses on its own."""
    from rich.console import Console

    return Console(
        file=stream,
        color_system=_depth() if colour else None,
        force_terminal=live or colour,
        no_color=not colour,
        width=None if stream.isatty() else UNWRAPPED,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )


def _depth() -> Literal["standard"]:
    return "standard"  # 16 colours follow the user's own theme, light or dark
