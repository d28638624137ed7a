"""What a whole instance takes, children included."""

import sys

from arena.supervisor.backends.usage import Meter
from arena.testing.eventually import eventually

from .conftest import make_launch

HOG = "x = bytearray(40_000_000); print('up', flush=True); import time; time.sleep(60)"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {HOG!r}])"
SPIN = "print('up', flush=True)\nwhile True: pass"


async def start(processes, instance, program):
    launch = make_launch(processes.folder, instance, sys.executable, "-c", program)
    handle = await processes.backend.start(launch)
    await eventually(lambda: launch.output.stat().st_size)
    return handle


async def test_the_memory_of_children_counts(processes):
    parent, plain = await start(processes, "a-1", PARENT), await processes.steady("b-1")
    usage = Meter().read([parent, plain])
    assert usage[parent].rss_bytes > usage[plain].rss_bytes + 40_000_000


async def test_the_busy_are_told_from_the_idle(processes):
    busy, idle = await start(processes, "a-1", SPIN), await processes.steady("b-1")
    meter = Meter()
    meter.read([busy, idle])
    looks = []

    def look():
        looks.append(meter.read([busy, idle]))
        return looks[-1][busy].cpu_percent > 5

    await eventually(look)
    assert looks[-1][idle].cpu_percent < looks[-1][busy].cpu_percent


async def test_the_dead_are_forgotten(processes):
    handle = await processes.steady()
    meter = Meter()
    meter.read([handle])
    await processes.stop(handle, 5.0)
    assert meter.read([handle]) == {}
    assert not meter._looks
