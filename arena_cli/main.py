"""The `arena` program: its options before the command, and the one place that turns a failure into words and an exit code."""

from __future__ import annotations

import io
import os
import sys
from typing import Annotated, Any, NoReturn

import typer

from arena.errors import ArenaError
from arena_cli.console import Ansi
from arena_cli.context import Context, begin, current_context
from arena_cli.exits import EXITS, code_of
from arena_cli.invoke import Signalled, silence
from arena_cli.lazy import SETTINGS, LazyGroup, show_help
from arena_cli.selection import Selection

HELP = """One arena.yaml, one command: gateway, registry and AI services on this machine.

Start with `arena init` in a folder of your own, or `arena up` where an arena.yaml is.
"""

app = typer.Typer(
    cls=LazyGroup,
    help=HELP,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    invoke_without_command=True,
    context_settings=SETTINGS,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from arena_cli.commands.version import version

        version(output="table")
        raise typer.Exit


def _set_ansi(ctx: typer.Context, value: Ansi) -> Ansi:
    context = begin(Context(ansi=value))
    ctx.color = context.colour(sys.stdout)
    return value


@app.callback()
def root(
    ctx: typer.Context,
    *,
    file: Annotated[
        list[str] | None,
        typer.Option(
            "-f", "--file", metavar="FILE", help="An arena.yaml; again for files that override it.", show_default=False
        ),
    ] = None,
    project_name: Annotated[
        str,
        typer.Option(
            "-p", "--project-name", metavar="NAME", help="Use this name instead of the file's.", show_default=False
        ),
    ] = "",
    profile: Annotated[
        list[str] | None,
        typer.Option(
            "--profile",
            metavar="NAME",
            help="Also start the services of this profile; may be repeated.",
            show_default=False,
        ),
    ] = None,
    env_file: Annotated[
        list[str] | None,
        typer.Option(
            "--env-file",
            metavar="FILE",
            help="Variables for ${…} in arena.yaml, instead of .env; may be repeated.",
            show_default=False,
        ),
    ] = None,
    project_directory: Annotated[
        str,
        typer.Option(
            "--project-directory",
            metavar="DIR",
            help="Look for arena.yaml there and not here.",
            show_default=False,
        ),
    ] = "",
    ansi: Annotated[
        Ansi, typer.Option("--ansi", help="Colour and live progress.", callback=_set_ansi, is_eager=True)
    ] = "auto",
    _version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_show_version, show_default=False)
    ] = False,
) -> None:
    """Remember the options before the command; without a command, show the help."""
    selection = Selection(
        files=tuple(file or ()),
        name=project_name,
        profiles=tuple(profile or ()),
        env_files=tuple(env_file or ()),
        directory=project_directory,
    )
    begin(Context(selection=selection, ansi=ansi))
    show_help(ctx)


def main() -> NoReturn:
    """Run the command line in `sys.argv` and end the process with the code it earned."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # an ASCII terminal sees ? for a mark, not a crash
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        silence(sys.stdout)
        code = EXITS["broken_pipe"]
    sys.exit(code)


def run(words: list[str]) -> int:
    """Run one command line and return its exit code. Every failure is printed here and nowhere else."""
    try:
        result: Any = typer.main.get_command(app)(words, prog_name="arena", standalone_mode=False)
        return result if isinstance(result, int) else EXITS["ok"]
    except (ArenaError, typer.TyperException) as error:
        return _report(error)
    except Signalled as signalled:
        return 128 + signalled.number
    except (KeyboardInterrupt, typer.Abort):
        return EXITS["interrupted"]
    except Exception as error:  # noqa: BLE001  # the boundary: whatever reaches it is a bug, and is shown as one
        return _report_bug(error)


def _report(error: ArenaError | typer.TyperException) -> int:
    from arena_cli.render import failure

    told = error if isinstance(error, ArenaError) else failure.of_usage(error)
    context = current_context()
    if context.json:
        print(failure.as_json(told), file=sys.stderr)  # noqa: T201  # the boundary is where errors are printed
    else:
        context.err.print(failure.as_text(told), soft_wrap=True)
    return code_of(told.exit_name)


def _report_bug(error: Exception) -> int:
    from arena_cli.render import failure

    debug = os.environ.get("ARENA_DEBUG", "").lower() in ("1", "true", "yes", "on")
    current_context().err.print(failure.as_bug(error, traceback=debug), soft_wrap=True)
    return EXITS["failure"]
