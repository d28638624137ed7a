"""The facade: whole commands, one after another and one over another."""

import asyncio
import json
import socket
from dataclasses import replace

import pytest

from arena.errors import ArenaError, PortTaken, UsageError
from arena.model.address import Address
from arena.model.service import Probe

from .conftest import workload
from .test_company import API, DB, JOB

WEB = workload("web", replicas=2)


async def test_a_second_apply_has_nothing_to_do(desk):
    assert await desk.supervisor.apply((WEB, workload("db")))
    assert not await desk.supervisor.apply((WEB, workload("db")))
    assert len(desk.backend.started) == 3


async def test_the_plan_alone_does_nothing(desk):
    assert desk.supervisor.plan((WEB,))
    assert desk.supervisor.instances() == ()


async def test_scaling_up_and_down(desk):
    await desk.supervisor.apply((WEB,))
    await desk.supervisor.apply((replace(WEB, replicas=3),))
    assert desk.backend.running() == ("web-1", "web-2", "web-3")
    await desk.supervisor.apply((replace(WEB, replicas=1),))
    assert desk.backend.running() == ("web-1",)
    assert list(desk.statuses()) == ["web-1"]


async def test_what_left_the_file_is_stopped_and_forgotten(desk):
    await desk.supervisor.apply((WEB, workload("old"), workload("dead")))
    await desk.supervisor.stop({"dead"})
    await desk.supervisor.apply((WEB,))
    assert list(desk.statuses()) == ["web-1", "web-2"]


async def test_a_selection_leaves_the_rest_alone(desk):
    await desk.supervisor.apply((WEB, workload("db")))
    await desk.supervisor.stop({"web", "db"})
    await desk.supervisor.apply((WEB, workload("db")), {"db"})
    assert desk.statuses() == {"db-1": "running", "web-1": "stopped", "web-2": "stopped"}


async def test_settings_are_reloaded_without_a_restart(desk):
    gateway = workload("gateway", kind="gateway", reload_hash="a")
    await desk.supervisor.apply((gateway,))
    await desk.supervisor.apply((replace(gateway, reload_hash="b", metadata={"x": "y"}),))
    assert desk.backend.log == ["start gateway-1", "reload gateway-1"]
    assert desk.told() == ["started", "reloaded"]
    assert not desk.supervisor.plan((replace(gateway, reload_hash="b"),))


async def test_a_full_stop_leaves_no_process_and_no_record(desk):
    await desk.supervisor.apply((WEB, DB, JOB, workload("done"), workload("dead")))
    desk.backend.exit("done-1", 0)
    await desk.supervisor.stop({"dead"})
    assert set((await desk.supervisor.stop()).stopped) == {"web-1", "web-2", "db-1", "migrate-1"}
    assert desk.backend.running() == ()
    assert desk.supervisor.instances() == ()
    assert json.loads((desk.folder / "instances.json").read_text()) == []


async def test_dependants_stop_first(desk):
    await desk.supervisor.apply((workload("web", "db"), workload("db")))
    desk.backend.log.clear()
    await desk.supervisor.stop()
    assert desk.backend.log == ["stop web-1", "stop db-1"]


@pytest.mark.parametrize("command", ["stop", "restart"])
async def test_an_unknown_name_is_an_error(desk, command):
    await desk.supervisor.apply((WEB,))
    with pytest.raises(UsageError) as caught:
        await getattr(desk.supervisor, command)({"wbe"})
    assert caught.value.hint == "did you mean web?"
    assert desk.backend.running() == ("web-1", "web-2")


async def test_a_taken_port_is_told_before_anything_starts(desk):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        fixed = workload("zz", port=port)
        with pytest.raises(PortTaken, match=rf"port {port}, which zz needs, is held by python.* \(pid \d+\)"):
            await desk.supervisor.apply((WEB, fixed))
    assert desk.backend.started == []
    assert desk.supervisor.instances() == ()
    await desk.supervisor.apply((WEB, fixed))
    assert desk.state("zz-1").address.port == port


async def test_a_shared_port_must_not_be_a_strangers(desk):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        copies = workload("zz", replicas=2, shared=Address("127.0.0.1", port))
        with pytest.raises(PortTaken, match=f"port {port}, which zz needs, is held by python"):
            await desk.supervisor.apply((copies,))
    await desk.supervisor.apply((copies,))
    assert desk.state("zz-1").address.port != desk.state("zz-2").address.port != port


async def test_every_instance_has_a_port_of_its_own(desk):
    await desk.supervisor.apply((replace(WEB, replicas=5),))
    assert len({launch.environment["PORT"] for launch in desk.backend.started}) == 5


async def test_a_newer_command_takes_over(desk):
    desk.backend.sicken("db-1")
    first = await desk.during(desk.supervisor.apply((API, DB, JOB)), 1.0)
    assert desk.status("api-1") == "pending"
    stopping = await desk.during(desk.supervisor.stop(), 1.0)
    await stopping
    with pytest.raises(ArenaError, match="another command took over"):
        await first
    assert desk.backend.running() == ()


async def test_what_was_called_off_says_so(desk):
    desk.backend.sicken("db-1")
    first = await desk.during(desk.supervisor.apply((API, DB, JOB)), 1.0)
    await desk.supervisor.apply((API, DB, JOB), {"db"})
    with pytest.raises(ArenaError, match="took over"):
        await first
    assert desk.status("api-1") == "stopped"
    assert desk.state("api-1").detail == "its start was called off"


async def test_a_caller_who_gives_up_waiting_stops_nothing(desk):
    desk.backend.sicken("db-1")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await desk.supervisor.apply((API, DB, JOB))
    desk.backend.cure("db-1")
    await desk.clock.advance(1)
    desk.backend.exit("migrate-1", 0)
    await desk.clock.advance(1)
    assert desk.status("api-1") == "running"


async def test_waiting_for_something_to_be_true(desk):
    slow = workload("web", probe=Probe(http="/"))
    desk.backend.sicken("web-1")
    await desk.supervisor.apply((slow,))
    waiting = await desk.during(desk.supervisor.until(lambda: desk.state("web-1").ready), 1.0)
    assert not waiting.done()
    desk.backend.cure("web-1")
    await desk.clock.advance(1.0)
    assert waiting.done()


async def test_rows_and_their_selection(desk):
    await desk.supervisor.apply((WEB, workload("job")))
    desk.backend.exit("job-1", 0)
    await desk.clock.advance(2.0)
    assert [(row.instance, row.status) for row in desk.supervisor.rows()] == [
        ("job-1", "completed"), ("web-1", "running"), ("web-2", "running"),
    ]  # fmt: skip
    rows = desk.supervisor.rows(everything=False)
    assert [(row.instance, row.uptime_s, row.rss_bytes) for row in rows] == [("web-1", 2.0, 1024), ("web-2", 2.0, 1024)]


async def test_the_tail_is_fresh(desk):
    await desk.supervisor.apply((WEB,))
    desk.backend.write("web-1", "one\ntwo\n")
    assert desk.supervisor.tail("web-1", 1) == ("two",)
    assert desk.supervisor.tail("web-1", 9, since=desk.clock.now() + 1) == ()
    assert desk.supervisor.log_file("web-1").read_text().count("\n") >= 2


async def test_closing_lets_everything_run_on(desk):
    await desk.supervisor.apply((WEB,))
    await desk.supervisor.close()
    assert desk.backend.running() == ("web-1", "web-2")
