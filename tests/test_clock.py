from __future__ import annotations

import time

from arena.clock import SystemClock


async def test_the_system_clock_tells_the_machine_time() -> None:
    clock = SystemClock()
    before = clock.monotonic()
    await clock.sleep(0.01)
    assert 0.009 < clock.monotonic() - before < 5
    assert abs(clock.now() - time.time()) < 5
