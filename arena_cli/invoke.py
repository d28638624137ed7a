"""Runs a command's function: on an event loop if it is a coroutine, ended by signals with the exit code they promise."""

from __future__ import annotations

import functools
import inspect
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any, TextIO

import typer

from arena_cli.exits import EXITS


class Signalled(Exception):  # an outcome, not an error
    """A signal ended the command. `number` is the signal's."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


def invocable(function: Callable[..., Any]) -> Callable[..., None]:
    """Wrap a command's function, async or not, as a plain function with the same signature."""

    @functools.wraps(function)
    def call(**options: Any) -> None:
        try:
            result = function(**options)
            if inspect.iscoroutine(result):
                run(result)
            sys.stdout.flush()
        except BrokenPipeError:
            silence(sys.stdout)
            raise typer.Exit(EXITS["broken_pipe"]) from None

    return call


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run `work` to its end. SIGINT and SIGTERM cancel it, let its `finally` clauses finish, and raise Signalled.

    Work may take over a signal by adding a handler of its own to the loop.
    """
    import asyncio

    async def supervised() -> None:
        received: list[int] = []
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()

        def end(number: int) -> None:
            received.append(number)
            task.cancel()

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, end, number)
        try:
            await task
        except asyncio.CancelledError:
            if received:
                raise Signalled(received[0]) from None
            raise

    asyncio.run(supervised())


def silence(*streams: TextIO) -> None:
    """Point streams at nothing, so that neither another write nor the interpreter's last flush fails."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    for stream in streams:
        os.dup2(nothing, stream.fileno())
