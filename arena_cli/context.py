"""What the options before the command said: which project, and how to print."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from arena.errors import NothingRunning, UsageError
from arena_cli import console
from arena_cli.console import Ansi
from arena_cli.neighbour import pointed_out
from arena_cli.selection import Selection

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from arena.control.client import Client
    from arena.model.layout import StateLayout
    from arena.model.project import Project

Output = Literal["table", "json"]


@dataclass
class Context:
    """One run of `arena`. `output` is set by a command's `-o`, so that the error boundary speaks the same language."""

    selection: Selection = field(default_factory=Selection)
    ansi: Ansi = "auto"
    output: str = "table"

    @cached_property
    def out(self) -> Console:
        """Where data goes."""
        return self._console(sys.stdout)

    @cached_property
    def err(self) -> Console:
        """Where notes, progress and errors go."""
        return self._console(sys.stderr)

    @property
    def live(self) -> bool:
        """True when progress may be redrawn in place on stderr."""
        return console.wants_live(self.ansi, os.environ, sys.stderr.isatty())

    @property
    def json(self) -> bool:
        return self.output == "json"

    def colour(self, stream: Any) -> bool:
        return console.wants_colour(self.ansi, os.environ, stream.isatty())

    def show(self, *what: RenderableType) -> None:
        """Print data on stdout, each piece on lines of its own."""
        if what:
            self.out.print(*what, sep="\n", soft_wrap=True)

    def write(self, text: str) -> None:
        """Print text on stdout just as it is."""
        sys.stdout.write(text.rstrip("\n") + "\n")

    def note(self, text: RenderableType) -> None:
        """Tell a person something on stderr that is not data."""
        self.err.print(text, soft_wrap=True)

    def confirm(self, what: str, yes: bool) -> None:
        """Say what is about to happen, and go on only if the person agrees. Raises UsageError when they do not, or when there
        is nobody to ask and `yes` was not given."""
        self.note(what)
        if yes:
            return
        if not sys.stdin.isatty():
            raise UsageError("this is not done without asking, and nobody can be asked here", hint="add --yes")
        self.err.print("Go on? [y/N] ", end="")
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise UsageError("nothing was done")

    def project(self) -> Project:
        """Read arena.yaml, and pass on what it should be told about it. Raises ConfigError with every problem."""
        from arena_cli.render.failure import as_note

        loaded = self.selection.load()
        for told in loaded.notes:
            self.note(as_note(str(told)))
        return loaded.project

    def layout(self) -> StateLayout:
        """Where the project's state is; found without checking all of arena.yaml. Raises ConfigError, UsageError."""
        return self.selection.layout()

    @contextlib.asynccontextmanager
    async def client(self, layout: StateLayout | None = None) -> AsyncIterator[Client]:
        """The daemon of the project. If it died and left instances behind, a new one takes them over.

        `layout` when it is known already. Raises NothingRunning when there is neither.
        """
        from arena.control.client import connect
        from arena.daemon import launch

        layout = layout or self.layout()
        async with contextlib.AsyncExitStack() as stack:
            try:
                arena = await stack.enter_async_context(connect(layout))
            except NothingRunning as nothing:
                if not await launch.recover(layout):
                    raise await pointed_out(nothing, layout) from nothing
                self.note("the daemon had died; a new one has taken over what still ran")
                arena = await stack.enter_async_context(connect(layout))
            yield arena

    def _console(self, stream: Any) -> Console:
        return console.make(stream, colour=self.colour(stream), live=stream.isatty() and self.ansi != "never")


_current = Context()


def current_context() -> Context:
    """The context of this run."""
    return _current


def begin(context: Context) -> Context:
    """Make `context` the current one."""
    global _current  # noqa: PLW0603  # one process runs one command line
    _current = context
    return context


def set_output(value: str) -> str:
    """Remember a command's `-o` as soon as it is parsed."""
    _current.output = value
    return value
