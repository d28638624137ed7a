"""The script is followed. That it is a Backend at all is shown by the contract suite in tests/supervisor/backends."""

from pathlib import Path

import pytest

from arena.model.service import Probe
from arena.supervisor.backends.base import Launch
from arena.testing.backend import FakeBackend
from arena.testing.clock import ManualClock

PROBE = Probe(http="/health")


@pytest.fixture
def backend():
    return FakeBackend(ManualClock())


@pytest.fixture
def launch(tmp_path: Path):
    return Launch("web", "web-1", "run", ("web",), "/", {}, tmp_path / "web-1.spool")


async def ask(backend):
    return await backend.ask(PROBE, None, environment={"ARENA_INSTANCE_ID": "web-1"}, directory="/")


async def test_probes_answer_as_scripted(backend, launch):
    assert not (await ask(backend)).ok, "it does not run yet"
    await backend.start(launch)
    assert (await ask(backend)).ok
    backend.sicken("web-1", "503")
    assert (await ask(backend)).detail == "503"
    backend.cure("web-1")
    assert (await ask(backend)).ok


async def test_it_writes_into_the_spool_and_keeps_a_log(backend, launch):
    handle = await backend.start(launch)
    backend.write("web-1", "hello\n")
    backend.reload(handle)
    await backend.stop(handle, 1.0)
    assert launch.output.read_text() == "hello\n"
    assert backend.log == ["start web-1", "reload web-1", "stop web-1"]
    assert backend.running() == ()


async def test_starting_twice_is_a_mistake_of_the_supervisor(backend, launch):
    await backend.start(launch)
    with pytest.raises(AssertionError, match="still ran"):
        await backend.start(launch)
