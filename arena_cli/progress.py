"""Shows events as they come: redrawn in place on a terminal, line by line anywhere else. Always on stderr."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterable, Iterator

from arena.control.operator import Listener
from arena.model.event import Event
from arena_cli.context import Context
from arena_cli.render.board import Board, change

FIRST_REMINDER, NEXT_REMINDER = 1.0, 5.0  # seconds of silence before a plain line says what is being waited for


@contextlib.contextmanager
def watching(context: Context, unprobed: Iterable[str] = ()) -> Iterator[Listener]:
    """Yield the listener to give to a call. If the call fails, the last state of everything stays on the screen.

    `unprobed` names the services that are ready once they have started.
    """
    board = Board(frozenset(unprobed))
    if context.live:
        with _redrawn(context, board) as listener:
            yield listener
    else:
        with _plain(context, board) as listener:
            yield listener


@contextlib.contextmanager
def _redrawn(context: Context, board: Board) -> Iterator[Listener]:
    from rich.live import Live
    from rich.text import Text

    def frame() -> Text:
        return board.lines(time.time())

    def listen(event: Event) -> None:
        board.apply(event)

    live = Live(console=context.err, get_renderable=frame, refresh_per_second=10, transient=True)
    try:
        with live:
            yield listen
    except BaseException:
        if board.parts:
            context.note(board.lines(time.time()))
        raise


@contextlib.contextmanager
def _plain(context: Context, board: Board) -> Iterator[Listener]:
    reminder = asyncio.ensure_future(_remind(context, board))

    def listen(event: Event) -> None:
        for part in board.apply(event):
            if part.phase != "pending":
                context.note(change(part))

    try:
        yield listen
    finally:
        reminder.cancel()


async def _remind(context: Context, board: Board) -> None:
    """Say what is being waited for: soon the first time, then now and again."""
    pause = FIRST_REMINDER
    while True:
        await asyncio.sleep(pause)
        if sentence := board.waiting(time.time()):
            context.note(sentence)
        pause = NEXT_REMINDER
