"""A backend whose processes do what a test tells them."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from arena.clock import Clock
from arena.errors import PartFailed
from arena.health.probe import ProbeResult
from arena.model.address import Address
from arena.model.service import Probe
from arena.supervisor.backends.base import Handle, Launch, Usage


@dataclass(slots=True)
class FakeProcess:
    """One start of an instance. `end` resolves with the exit code."""

    launch: Launch
    handle: Handle
    end: asyncio.Future[int | None]
    stubborn: bool = False
    reloads: int = 0


@dataclass(slots=True)
class FakeBackend:
    """Implements `supervisor.backends.base.Backend`; its `ask` is a `supervisor.checkup.Ask`.

        backend = FakeBackend(clock)
        backend.exit("web-1", 3)          # its process ends
        backend.sicken("web-1", "503")    # its probe answers so from now on, also after a restart, until `cure`
        backend.refuse("web-1", "no such program")
        backend.make_stubborn("web-1")    # SIGTERM does nothing to its present process

    `started` lists every launch, `log` what was done: "start web-1", "stop web-1", "kill web-1", "reload web-1".
    """

    clock: Clock
    started: list[Launch] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    _running: dict[str, FakeProcess] = field(default_factory=dict)
    _all: dict[Handle, FakeProcess] = field(default_factory=dict)
    _sick: dict[str, str] = field(default_factory=dict)
    _refused: dict[str, str] = field(default_factory=dict)
    _pids: itertools.count[int] = field(default_factory=lambda: itertools.count(1001))

    def exit(self, instance: str, code: int | None = 0) -> None:
        """End the running process of `instance` with this code. Raises KeyError if none runs."""
        self._running.pop(instance).end.set_result(code)

    def sicken(self, instance: str, detail: str = "no answer") -> None:
        """Let the probe of `instance` fail from now on."""
        self._sick[instance] = detail

    def cure(self, instance: str) -> None:
        """Let the probe of `instance` succeed again."""
        self._sick.pop(instance, None)

    def refuse(self, instance: str, reason: str) -> None:
        """Let every start of `instance` fail from now on."""
        self._refused[instance] = reason

    def make_stubborn(self, instance: str) -> None:
        """Let the running process of `instance` outlive SIGTERM."""
        self._running[instance].stubborn = True

    def write(self, instance: str, text: str) -> None:
        """Let the running process of `instance` print `text`, as it is."""
        with self._running[instance].launch.output.open("a") as output:
            output.write(text)

    def running(self) -> tuple[str, ...]:
        """The names of the instances whose process lives."""
        return tuple(sorted(self._running))

    async def start(self, launch: Launch) -> Handle:
        if launch.instance in self._refused:
            raise PartFailed(f"{launch.instance} cannot start: {self._refused[launch.instance]}")
        if launch.instance in self._running and not launch.inherit:  # a successor shares its elder's sockets
            raise AssertionError(f"{launch.instance} was started while it still ran")
        pid = next(self._pids)
        handle = Handle(pid, f"tick {pid}", launch.run)
        process = FakeProcess(launch, handle, asyncio.get_running_loop().create_future())
        self._running[launch.instance] = self._all[handle] = process
        self.started.append(launch)
        self.log.append(f"start {launch.instance}")
        return handle

    def alive(self, handle: Handle) -> bool:
        return handle in self._all and not self._all[handle].end.done()

    async def wait(self, handle: Handle) -> int | None:
        if handle not in self._all:
            return None
        return await asyncio.shield(self._all[handle].end)

    async def stop(self, handle: Handle, grace: float) -> bool:
        if not self.alive(handle):
            return False
        process = self._all[handle]
        self.log.append(f"stop {process.launch.instance}")
        if process.stubborn:
            await self.clock.sleep(grace)
            self.log.append(f"kill {process.launch.instance}")
        self._end(process, -9 if process.stubborn else -15)
        return process.stubborn

    def _end(self, process: FakeProcess, code: int) -> None:
        """End this process, which may have a successor."""
        if self._running.get(process.launch.instance) is process:
            del self._running[process.launch.instance]
        process.end.set_result(code)

    def reload(self, handle: Handle) -> None:
        if self.alive(handle):
            self._all[handle].reloads += 1
            self.log.append(f"reload {self._all[handle].launch.instance}")

    def usage(self, handles: Sequence[Handle]) -> dict[Handle, Usage]:
        return {handle: Usage(0.0, 1024) for handle in handles if self.alive(handle)}

    async def sweep(self, live: Collection[str]) -> tuple[str, ...]:
        strays = [
            process for process in self._all.values() if not process.end.done() and process.launch.run not in live
        ]
        for stray in strays:
            self._end(stray, -15)
        return tuple(f"{stray.launch.instance} (pid {stray.handle.pid})" for stray in strays)

    async def close(self) -> None:
        """Nothing to let go of."""

    async def ask(
        self,
        probe: Probe,  # noqa: ARG002  # the signature is the Ask protocol's
        address: Address | None,  # noqa: ARG002
        *,
        environment: Mapping[str, str] | None,
        directory: str,  # noqa: ARG002
    ) -> ProbeResult:
        """Answer a probe as scripted; an instance that does not run never answers well."""
        instance = (environment or {}).get("ARENA_INSTANCE_ID", "")
        if instance not in self._running:
            return ProbeResult(False, "connection refused")
        return ProbeResult(instance not in self._sick, self._sick.get(instance, "ok"))
