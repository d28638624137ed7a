from __future__ import annotations

import asyncio
import gc
import logging

import pytest

from arena import tasks


async def test_a_task_nobody_holds_still_finishes() -> None:
    done = asyncio.Event()

    async def work() -> None:
        await asyncio.sleep(0)
        done.set()

    tasks.spawn(work(), name="orphan")
    gc.collect()
    await asyncio.wait_for(done.wait(), 5)


async def test_a_failure_is_logged_at_once(caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> None:
        raise RuntimeError("broken")

    with caplog.at_level(logging.ERROR, "arena.tasks"):
        task = tasks.spawn(fail(), name="doomed")
        await asyncio.wait({task})
        await asyncio.sleep(0)
    assert "doomed" in caplog.text and "broken" in caplog.text


async def test_cancel_waits_until_the_task_has_ended() -> None:
    ended = False

    async def work() -> None:
        nonlocal ended
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.01)
            ended = True

    task = tasks.spawn(work(), name="long")
    await asyncio.sleep(0)
    await tasks.cancel(task, None)
    assert ended and task.cancelled()


async def test_a_cancellation_that_was_swallowed_is_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "_TOLD_AGAIN", 0.01)
    told = 0

    async def stubborn() -> None:
        nonlocal told
        while told < 2:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                told += 1

    task = tasks.spawn(stubborn(), name="stubborn")
    await asyncio.sleep(0)
    await asyncio.wait_for(tasks.cancel(task), 5)
    assert told == 2 and task.done()
