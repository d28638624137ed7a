import asyncio
from collections.abc import AsyncIterator

import pytest

from arena import tasks
from arena.health.monitor import Monitor
from arena.health.probe import ProbeResult
from arena.model.service import Probe
from arena.testing.clock import ManualClock, settle


class Patient:
    """Answers as `well` says, and remembers when it was asked and what the monitor reported: `answers` all of it, `changes`
    the first of each run."""

    def __init__(self, probe: Probe, state: str = "starting") -> None:
        self.well = True
        self.clock = ManualClock()
        self.asked: list[float] = []
        self.answers: list[tuple[str, str]] = []
        self.known = state
        self.changes: list[tuple[str, str]] = []
        self.monitor = Monitor(probe, self._answer, self._hear, state=state, clock=self.clock)

    def _hear(self, state: str, result: ProbeResult) -> None:
        self.answers.append((state, result.detail))
        if state != self.known:
            self.changes.append((state, result.detail))
        self.known = state

    async def _answer(self) -> ProbeResult:
        self.asked.append(self.clock.monotonic())
        return ProbeResult(self.well, "well" if self.well else "ill")


@pytest.fixture
async def watch() -> AsyncIterator[object]:
    """Starts a Patient's monitor: watch(probe, well, state)."""
    running = []

    async def start(probe: Probe, well: bool = True, state: str = "starting") -> Patient:
        patient = Patient(probe, state)
        patient.well = well
        running.append(asyncio.create_task(patient.monitor.run()))
        await settle()
        return patient

    yield start
    await tasks.cancel(*running)


async def test_it_asks_at_once_and_then_on_the_interval_give_or_take(watch) -> None:
    patient = await watch(Probe(interval=10))
    await patient.clock.advance(200)
    pauses = [after - before for before, after in zip(patient.asked, patient.asked[1:], strict=False)]
    assert patient.asked[0] == 0
    assert all(9 <= pause <= 11 for pause in pauses)
    assert len(set(pauses)) > 1


async def test_every_answer_is_reported_with_the_state_it_leaves_it_in(watch) -> None:
    patient = await watch(Probe(interval=1, retries=2, successes=3))
    await patient.clock.advance(10)
    patient.well = False
    await patient.clock.advance(10)
    patient.well = True
    await patient.clock.advance(10)
    assert patient.changes == [("in", "well"), ("out", "ill"), ("in", "well")]
    assert len(patient.answers) == len(patient.asked)
    assert ("in", "ill") in patient.answers, "the first failure of two"


async def test_while_starting_it_asks_quickly_and_less_and_less(watch) -> None:
    patient = await watch(Probe(interval=5, start_period=20), well=False)
    await patient.clock.advance(4)
    pauses = [after - before for before, after in zip(patient.asked, patient.asked[1:], strict=False)]
    assert pauses[0] == pytest.approx(0.05)
    assert pauses == sorted(pauses)
    assert max(pauses) == pytest.approx(0.2)
    patient.well = True
    await patient.clock.advance(0.3)
    assert patient.changes == [("in", "well")]


async def test_failures_in_the_start_period_do_not_count_and_later_ones_do(watch) -> None:
    patient = await watch(Probe(interval=5, retries=3, start_period=20), well=False)
    await patient.clock.advance(20)
    assert patient.changes == []
    await patient.clock.advance(17)
    assert patient.changes == [("out", "ill")]


async def test_without_a_start_period_the_interval_is_kept_from_the_first(watch) -> None:
    patient = await watch(Probe(interval=10, retries=3, start_period=0), well=False)
    await patient.clock.advance(17)
    assert (len(patient.asked), patient.changes) == (2, [])
    await patient.clock.advance(6)
    assert patient.changes == [("out", "ill")]


async def test_one_that_is_known_to_be_well_is_not_reported_again(watch) -> None:
    patient = await watch(Probe(interval=1, retries=2), state="in")
    await patient.clock.advance(5)
    assert patient.changes == []
    assert patient.monitor.state == "in"
    assert patient.answers[-1] == ("in", "well")
