"""`arena up` without `-d`: bring up, follow the logs, and stop everything on Ctrl-C, at once on the
second; also when the terminal is closed."""

from __future__ import annotations

import asyncio
import errno
import signal
import sys
import time
from typing import Any

from arena.control.messages import DownReport, UpRequest
from arena.model.logline import LogQuery
from arena_cli import follow
from arena_cli.context import Context
from arena_cli.invoke import Signalled, silence
from arena_cli.render import startup
from arena_cli.start import bring_up, start_daemon
from arena_cli.stop import stop


async def run(context: Context, request: UpRequest) -> None:
    """Return when the project was stopped from elsewhere; raise Signalled after Ctrl-C, SIGTERM or the end of the terminal
    has stopped it."""
    signals = _listen()
    await start_daemon(request.project)  # a signal waits for this: a daemon half started could not be told to stop
    work = asyncio.ensure_future(_attend(context, request))
    number = await _until_signal(work, signals)
    if number is None:
        return
    report = await _stop(context, number)
    context.note(startup.stopped(report) if report else "everything is stopped")
    raise Signalled(number)


async def _stop(context: Context, number: int) -> DownReport | None:
    """Stop the project, at once if asked for a second time. Closing the terminal is no wish for haste."""
    signals = _listen()
    if number == signal.SIGHUP:
        silence(sys.stdout, sys.stderr)
    context.note("\nstopping; Ctrl-C again kills at once")
    stopping = asyncio.ensure_future(stop(context, None, False))
    second = await _until_signal(stopping, signals)
    if second is None:
        return stopping.result()
    if second == signal.SIGHUP:
        silence(sys.stdout, sys.stderr)
        return await stop(context, None, False)
    context.note("killing")
    return await stop(context, 0.0, False)


async def _attend(context: Context, request: UpRequest) -> None:
    began = time.time()
    await bring_up(context, request)
    context.note("\nCtrl-C stops everything\n")
    async with context.client() as arena:
        printer = await follow.printer(arena, context)
        await follow.print_lines(arena, LogQuery(_logged(request), since=began, follow=True), printer)
    context.note("the project was stopped from elsewhere")


def _logged(request: UpRequest) -> tuple[str, ...]:
    """Whose lines are shown: the named services' as far as they run here; () for everything."""
    elsewhere = {service.name for service in request.project.external}
    return tuple(name for name in request.services if name not in elsewhere)


def _listen() -> asyncio.Queue[int]:
    signals: asyncio.Queue[int] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as `nohup` sets it
            loop.add_signal_handler(number, signals.put_nowait, number)
    return signals


async def _until_signal(work: asyncio.Future[Any], signals: asyncio.Queue[int]) -> int | None:
    """Wait for `work`, whose error is raised, or for a signal, which cancels it and is returned."""
    signalled = asyncio.ensure_future(signals.get())
    await asyncio.wait({work, signalled}, return_when=asyncio.FIRST_COMPLETED)
    if work.done():
        signalled.cancel()
        if _terminal_is_gone(work.exception()):
            return signal.SIGHUP
        work.result()
        return None
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    return signalled.result()


def _terminal_is_gone(error: BaseException | None) -> bool:
    """A write may find that before the signal says it."""
    return isinstance(error, OSError) and error.errno == errno.EIO
