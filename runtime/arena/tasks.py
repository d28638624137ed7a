"""Background tasks that are neither lost nor silent.

The event loop keeps only weak references to tasks, so a task nobody holds may vanish halfway; and an exception in a task
nobody awaits is reported late or never. `spawn` keeps the reference and logs the exception at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

_TOLD_AGAIN = 3.0  # seconds

_running: set[asyncio.Task[Any]] = set()
_log = logging.getLogger("arena.tasks")


def spawn(work: Coroutine[Any, Any, Any], *, name: str) -> asyncio.Task[Any]:
    """Start `work` as a task, keep it alive until it is done, and log it if it fails."""
    task = asyncio.get_running_loop().create_task(work, name=name)
    _running.add(task)
    task.add_done_callback(_finish)
    return task


async def cancel(*tasks: asyncio.Task[Any] | None) -> None:
    """Cancel the given tasks and wait until each has ended; `None` is ignored.

    A cancellation can get lost (until Python 3.12, `asyncio.wait_for` swallows one that meets the end of what it waits for),
    so a task that goes on is told again.
    """
    live = {task for task in tasks if task is not None and not task.done()}
    while live:
        for task in live:
            task.cancel()
        done, live = await asyncio.wait(live, timeout=_TOLD_AGAIN)
        for task in done:
            if not task.cancelled():
                task.exception()  # looked at, so that asyncio does not complain


def _finish(task: asyncio.Task[Any]) -> None:
    _running.discard(task)
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("background task %s failed", task.get_name(), exc_info=error)
