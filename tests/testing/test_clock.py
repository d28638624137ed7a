"""Time stands still until told."""

import asyncio

from arena.testing.clock import ManualClock


async def test_sleepers_wake_in_order_each_at_its_time():
    clock = ManualClock(epoch=100.0)
    woken = []

    async def sleep(seconds):
        await clock.sleep(seconds)
        woken.append((seconds, clock.now()))

    async with asyncio.TaskGroup() as group:
        for seconds in (5, 1, 3):
            group.create_task(sleep(seconds))
        await clock.advance(3.5)
        assert woken == [(1, 101.0), (3, 103.0)]
        assert clock.monotonic() == 3.5
        await clock.advance(2)
    assert woken[-1] == (5, 105.0)


async def test_a_loop_of_sleeps_runs_as_often_as_time_allows():
    clock = ManualClock()
    count = 0

    async def tick():
        nonlocal count
        while True:
            await clock.sleep(0.5)
            count += 1

    task = asyncio.create_task(tick())
    await clock.advance(10)
    task.cancel()
    assert count == 20


async def test_a_cancelled_sleeper_is_passed_over():
    clock = ManualClock()
    task = asyncio.create_task(clock.sleep(1))
    await clock.advance(0)
    task.cancel()
    await clock.advance(2)
    assert task.cancelled()


async def test_no_time_to_sleep_needs_no_advance():
    await ManualClock().sleep(0)
