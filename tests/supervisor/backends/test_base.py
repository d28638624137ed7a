"""The contract of a Backend, run on every one of them."""

import asyncio
from dataclasses import replace

import pytest

from arena.errors import PartFailed


async def test_a_started_one_is_alive_until_stopped(world):
    handle = await world.steady()
    assert world.backend.alive(handle)
    assert not await world.stop(handle, 5.0), "it went politely"
    assert not world.backend.alive(handle)


@pytest.mark.parametrize("code", [0, 3])
async def test_wait_tells_the_exit_code_as_often_as_asked(world, code):
    handle = await world.ends(code)
    async with asyncio.timeout(10):
        assert [await world.backend.wait(handle) for _ in range(2)] == [code, code]
    assert not world.backend.alive(handle)


async def test_a_death_by_signal_is_a_negative_code(world):
    handle = await world.dies_of(9)
    async with asyncio.timeout(10):
        assert await world.backend.wait(handle) == -9


async def test_a_cancelled_wait_harms_nobody(world):
    handle = await world.steady()
    waiting = asyncio.ensure_future(world.backend.wait(handle))
    await asyncio.sleep(0)
    waiting.cancel()
    assert world.backend.alive(handle)
    waiting = asyncio.ensure_future(world.backend.wait(handle))
    await world.stop(handle, 5.0)
    async with asyncio.timeout(10):
        assert await waiting == -15


async def test_force_ends_what_does_not_listen(world):
    handle = await world.stubborn()
    assert await world.stop(handle, 0.2)
    assert not world.backend.alive(handle)


async def test_stopping_again_or_after_the_end_is_harmless(world):
    ended = await world.ends(1, "a-1")
    await world.backend.wait(ended)
    assert not await world.stop(ended, 1.0)
    handle = await world.steady("b-1")
    await world.stop(handle, 5.0)
    assert not await world.stop(handle, 1.0)


async def test_what_cannot_start_says_so(world):
    with pytest.raises(PartFailed, match=r"web-1 cannot start: .*no"):
        await world.impossible()


async def test_another_birth_is_another_process(world):
    handle = await world.steady()
    impostor = replace(handle, born="another", run="another")
    assert not world.backend.alive(impostor)
    assert not await world.stop(impostor, 1.0)
    world.backend.reload(impostor)
    assert world.backend.alive(handle), "the process that now has the pid was spared"


async def test_usage_of_the_living_alone(world):
    living, dead = await world.steady("a-1"), await world.ends(0, "b-1")
    await world.backend.wait(dead)
    usage = world.backend.usage([living, dead])
    assert set(usage) == {living}
    assert usage[living].rss_bytes > 0
    assert usage[living].cpu_percent >= 0


async def test_sweep_spares_the_live_runs_and_names_the_others(world):
    kept, lost = await world.steady("kept-1"), await world.steady("lost-1")
    (swept,) = await world.backend.sweep({kept.run})
    assert swept.startswith("lost-1 (pid ")
    assert world.backend.alive(kept)
    assert not world.backend.alive(lost)
    assert await world.backend.sweep({kept.run}) == ()
