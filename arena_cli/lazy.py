"""A Typer group that imports a command's module when it is invoked, not when it is listed."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from arena_cli.catalogue import CATALOGUE, Entry
from arena_cli.invoke import invocable
from arena_cli.usage import Command

SETTINGS: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


class Commands(Mapping[str, Any]):
    """The commands of a group by name. Names are known; a command is imported and built when it is looked up."""

    def __init__(self, entries: tuple[Entry, ...]) -> None:
        self._entries = {entry.name: entry for entry in entries}

    def __getitem__(self, name: str) -> Any:
        return build(self._entries[name])

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


class LazyGroup(TyperGroup):
    """The root group: its commands are those of the catalogue, and its help lists them by section."""

    entries: tuple[Entry, ...] = CATALOGUE

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = Commands(self.entries)  # type: ignore[assignment]  # read-only on purpose; nothing adds to it

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Commands first: they are what a person came for."""
        self.format_commands(ctx, formatter)
        TyperCommand.format_options(self, ctx, formatter)  # type: ignore[arg-type]  # only reads get_params

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002  # the signature is Typer's
        """Write one definition list per section, aligned across all of them."""
        width = max(len(entry.name) for entry in self.entries)
        for section in dict.fromkeys(entry.section for entry in self.entries):
            rows = [(e.name.ljust(width), e.summary.rstrip(".")) for e in self.entries if e.section == section]
            with formatter.section(typer.style(section, bold=True)):
                formatter.write_dl(rows)


def build(entry: Entry) -> Any:
    """The command object of `entry`; imports its module."""
    if entry.members:
        return _build_group(entry)
    function: Callable[..., Any] = getattr(importlib.import_module(entry.module), entry.name)
    app = _app()
    words = inspect.getdoc(function)
    app.command(entry.name, cls=Command, help=words, context_settings=SETTINGS)(invocable(function))
    return typer.main.get_command(app)


def _build_group(entry: Entry) -> Any:
    group = type("LazyGroup", (LazyGroup,), {"entries": entry.members})
    app = _app(name=entry.name, cls=group, help=entry.summary, invoke_without_command=True, context_settings=SETTINGS)
    app.callback()(show_help)
    return typer.main.get_command(app)


def show_help(ctx: typer.Context) -> None:
    """Print the group's help when no command of it was named."""
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help(), color=ctx.color)


def _app(**settings: Any) -> typer.Typer:
    # Typer's own Rich help and traceback take 60 ms to import and would be a second error boundary.
    return typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, **settings)
