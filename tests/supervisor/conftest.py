"""A supervisor over scripted processes, and shorthand for workloads."""

import asyncio
from dataclasses import replace

import pytest

from arena.model.service import Dependency, Restart
from arena.model.workload import Workload
from arena.supervisor.supervisor import Supervisor
from arena.testing.announcer import FakeAnnouncer
from arena.testing.backend import FakeBackend
from arena.testing.clock import ManualClock

RULE = Restart("on-failure", delay=1.0, max_delay=10.0, max_attempts=3, window=60.0)


def workload(name, *needs, **fields):
    """`needs`: names, or (name, condition)."""
    depends_on = tuple(Dependency(*((need,) if isinstance(need, str) else need)) for need in needs)
    base = Workload(name, "service", (name,), "/", depends_on=depends_on, restart=RULE)
    return replace(base, **fields)


class Desk:
    """A supervisor and everything around it that a test may look at or turn."""

    def __init__(self, folder):
        self.folder = folder
        self.clock = ManualClock()
        self.backend = FakeBackend(self.clock)
        self.announcer = FakeAnnouncer()
        self.events = []
        self.waited = []
        self.outside = asyncio.Event()
        self.outside.set()
        self.supervisor = self.make()

    def make(self):
        """Another supervisor of the same project, as after a death of the daemon."""
        return Supervisor(
            self.backend,
            records=self.folder / "instances.json",
            logs=self.folder / "logs",
            announcer=self.announcer,
            variables=lambda workload, instance: {"TOKEN": f"{workload.name}/{instance}"},
            elsewhere=self.elsewhere,
            on_event=self.events.append,
            clock=self.clock,
            ask=self.backend.ask,
            draw=lambda: 0.5,
        )

    async def elsewhere(self, service):
        """What does not run here is healthy once `outside` is set."""
        self.waited.append(service)
        await self.outside.wait()

    def status(self, instance):
        return self.state(instance).status

    def state(self, name):
        (found,) = [instance for instance in self.supervisor.instances() if instance.name == name]
        return found

    def statuses(self):
        return {instance.name: instance.status for instance in self.supervisor.instances()}

    def told(self, instance=None):
        return [event.name for event in self.events if instance in (None, event.instance)]

    async def during(self, work, seconds=0.0):
        """Begin `work`, let time pass, and return the task."""
        task = asyncio.ensure_future(work)
        await self.clock.advance(seconds)
        return task


@pytest.fixture
async def desk(tmp_path):
    desk = Desk(tmp_path)
    await desk.supervisor.adopt()
    yield desk
    await desk.supervisor.close()
