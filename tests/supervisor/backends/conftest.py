"""One world per backend, so that one contract suite runs on all of them."""

import secrets
import sys

import pytest

from arena.supervisor.backends.base import Launch
from arena.supervisor.backends.process import ProcessBackend
from arena.testing.backend import FakeBackend
from arena.testing.clock import ManualClock
from arena.testing.eventually import eventually

STEADY = "import time; print('up', flush=True); time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"


def make_launch(folder, instance, *command, **environment):
    return Launch(
        workload=instance.rpartition("-")[0],
        instance=instance,
        run=secrets.token_hex(8),
        command=command,
        directory=str(folder),
        environment={"PATH": "/usr/local/bin:/usr/bin:/bin", **environment},
        output=folder / f"{instance}.spool",
    )


class ProcessWorld:
    """Real processes."""

    def __init__(self, folder):
        self.folder = folder
        self.project = f"test-{secrets.token_hex(6)}"
        self.backend = ProcessBackend(self.project)

    async def steady(self, instance="web-1"):
        return await self._start(instance, STEADY)

    async def stubborn(self, instance="web-1"):
        return await self._start(instance, STUBBORN)

    async def ends(self, code, instance="web-1"):
        return await self.backend.start(make_launch(self.folder, instance, "sh", "-c", f"exit {code}"))

    async def dies_of(self, signal, instance="web-1"):
        return await self.backend.start(make_launch(self.folder, instance, "sh", "-c", f"kill -{signal} $$"))

    async def impossible(self, instance="web-1"):
        return await self.backend.start(make_launch(self.folder, instance, "no-such-program"))

    async def stop(self, handle, grace):
        return await self.backend.stop(handle, grace)

    async def _start(self, instance, program):
        launch = make_launch(self.folder, instance, sys.executable, "-c", program)
        handle = await self.backend.start(launch)
        await eventually(lambda: launch.output.stat().st_size)  # its signal handlers are set by then
        return handle

    async def close(self):
        await self.backend.sweep(())
        await self.backend.close()


class FakeWorld:
    """Scripted processes."""

    def __init__(self, folder):
        self.folder = folder
        self.clock = ManualClock()
        self.backend = FakeBackend(self.clock)

    async def steady(self, instance="web-1"):
        return await self.backend.start(make_launch(self.folder, instance, "steady"))

    async def stubborn(self, instance="web-1"):
        handle = await self.steady(instance)
        self.backend.make_stubborn(instance)
        return handle

    async def ends(self, code, instance="web-1"):
        handle = await self.steady(instance)
        self.backend.exit(instance, code)
        return handle

    async def dies_of(self, signal, instance="web-1"):
        return await self.ends(-signal, instance)

    async def impossible(self, instance="web-1"):
        self.backend.refuse(instance, "no such program")
        return await self.steady(instance)

    async def stop(self, handle, grace):
        import asyncio

        stopping = asyncio.ensure_future(self.backend.stop(handle, grace))
        await self.clock.advance(grace)
        return await stopping

    async def close(self):
        await self.backend.close()


@pytest.fixture(params=[ProcessWorld, FakeWorld])
async def world(request, tmp_path):
    world = request.param(tmp_path)
    yield world
    await world.close()


@pytest.fixture
async def processes(tmp_path):
    world = ProcessWorld(tmp_path)
    yield world
    await world.close()
