"""Real processes under a supervisor that is killed at any moment."""

import json
import os
import secrets
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from arena.model import codec
from arena.model.address import Address
from arena.model.service import Probe, Restart
from arena.model.workload import Workload
from arena.supervisor.backends import family
from arena.testing.eventually import eventually

from .minder import make

MINDER = Path(__file__).with_name("minder.py")
COUNT = "import itertools, time\nfor n in itertools.count():\n    print(n, flush=True)\n    time.sleep(0.001)"
FLEE = """
import os, subprocess, sys, time
subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], start_new_session=True)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        print('fled', flush=True)
        time.sleep(60)
    os._exit(0)
time.sleep(60)
"""


class Project:
    """A folder, the workloads in it, and whoever minds them."""

    def __init__(self, folder):
        self.folder = folder
        self.name = f"test-{secrets.token_hex(6)}"
        self.events = []

    def service(self, name, program, **fields):
        return Workload(name, "service", (sys.executable, "-c", program), str(self.folder), **fields)

    def write(self, *workloads):
        (self.folder / "workloads.json").write_text(json.dumps(codec.encode(workloads)))

    @contextmanager
    def minder(self):
        """A daemon of its own process; killed with SIGKILL at the end of the block."""
        words = [sys.executable, str(MINDER), str(self.folder), self.name]
        daemon = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        try:
            while (line := daemon.stdout.readline().strip()) != "ready":
                assert line, "the daemon died"
            yield daemon
        finally:
            daemon.kill()
            daemon.wait()
            daemon.stdout.close()

    def supervisor(self):
        return make(self.folder, self.name, self.events.append)

    def records(self):
        return json.loads((self.folder / "instances.json").read_text())

    def processes(self):
        return family.of_project(self.name, frozenset())


@pytest.fixture
async def project(tmp_path):
    project = Project(tmp_path)
    yield project
    supervisor = project.supervisor()
    await supervisor.adopt()
    await supervisor.stop(grace=0.5)
    await supervisor.close()
    assert project.processes() == []


async def test_children_survive_a_kill_9_are_adopted_and_lose_no_line(project):
    web = project.service("web", COUNT)
    project.write(web)
    with project.minder():
        (record,) = project.records()
    (process,) = project.processes()
    assert process.pid == record["handle"]["pid"], "it outlived its daemon"
    supervisor = project.supervisor()
    assert await supervisor.adopt() == ("web-1",)
    (instance,) = supervisor.instances()
    assert instance.handle.pid == process.pid
    assert instance.address == codec.decode(Address, record["address"])
    assert not supervisor.plan((web,))
    seen = len(supervisor.tail("web-1", 10**6))
    await eventually(lambda: len(supervisor.tail("web-1", 10**6)) > seen)
    assert (await supervisor.stop()).stopped == ("web-1",)
    lines = supervisor.tail("web-1", 10**6)
    assert list(map(int, lines)) == list(range(len(lines)))
    assert project.processes() == []
    await supervisor.close()


async def test_an_adopted_process_that_dies_is_started_again(project):
    project.write(project.service("web", COUNT, restart=Restart(delay=0.01)))
    with project.minder():
        pass
    supervisor = project.supervisor()
    await supervisor.adopt()
    before = supervisor.instances()[0].handle
    os.kill(before.pid, 9)
    await eventually(lambda: supervisor.instances()[0].restarts == 1)
    after = supervisor.instances()[0]
    assert after.status == "running"
    assert after.handle.pid != before.pid
    await supervisor.close()


async def test_stop_after_a_kill_9_ends_those_who_fled_too(project):
    project.write(project.service("web", FLEE))
    with project.minder():
        log = project.folder / "logs" / "web-1.spool"
        await eventually(lambda: b"fled" in log.read_bytes() and len(project.processes()) == 3)
    supervisor = project.supervisor()
    await supervisor.adopt()
    await supervisor.stop()
    assert project.processes() == []
    assert project.records() == []
    await supervisor.close()


@pytest.fixture
def stranger():
    """A process that has nothing to do with the project."""
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as process:
        yield process
        process.kill()


async def test_a_pid_that_now_belongs_to_another_is_neither_adopted_nor_killed(project, stranger):
    project.write(project.service("web", COUNT))
    with project.minder():
        pass
    records = project.records()
    records[0]["handle"] |= {"pid": stranger.pid}
    (project.folder / "instances.json").write_text(json.dumps(records))
    supervisor = project.supervisor()
    assert await supervisor.adopt() == ()
    assert project.processes() == [], "the real one has no record any more and was ended"
    assert stranger.poll() is None
    await supervisor.close()


async def test_what_was_started_but_never_recorded_is_ended(project):
    project.write(project.service("web", FLEE))
    with project.minder():
        await eventually(lambda: len(project.processes()) == 3)
    (project.folder / "instances.json").unlink()
    supervisor = project.supervisor()
    assert await supervisor.adopt() == ()
    assert project.processes() == []
    assert {event.name for event in project.events} == {"killed"}
    await supervisor.close()


async def test_a_daemon_killed_while_it_starts_things_leaves_nothing_behind_or_doubled(project):
    """Killed at once after the first process is seen, so with the others at every stage of being started."""
    services = [project.service(name, COUNT) for name in "abcdef"]
    project.write(*services)
    words = [sys.executable, str(MINDER), str(project.folder), project.name]
    daemon = subprocess.Popen(words, stdout=subprocess.DEVNULL)  # noqa: ASYNC220  # returns at once
    await eventually(project.processes)
    daemon.kill()
    daemon.wait()
    supervisor = project.supervisor()
    await supervisor.adopt()
    await supervisor.apply(services)
    assert sorted(member.instance for member in project.processes()) == [f"{name}-1" for name in "abcdef"]
    await supervisor.close()


async def test_one_that_exits_at_once_tells_its_last_words_and_its_log(project):
    supervisor = project.supervisor()
    await supervisor.adopt()
    rule = Restart(delay=0.001, max_attempts=1)
    bad = project.service("web", "print('about to fail'); raise SystemExit('no model file')", restart=rule)
    await supervisor.apply([bad])
    await eventually(lambda: supervisor.instances()[0].status == "failed")
    error = supervisor.failure(supervisor.instances()[0])
    assert error.message == "web-1 failed: given up after 1 restart within 120 s: exit code 1"
    assert error.detail.splitlines()[-2:] == ["about to fail", "no model file"]
    assert error.hint == f"its whole log is {project.folder / 'logs' / 'web-1.log'}"
    await supervisor.close()


async def test_a_hung_server_is_found_unhealthy_and_replaced(project):
    hang = (
        "import http.server, os, pathlib, sys, time\n"
        "class H(http.server.BaseHTTPRequestHandler):\n"
        "    def do_GET(self):\n"
        "        if pathlib.Path('hang').exists(): time.sleep(60)\n"
        "        self.send_response(200); self.end_headers()\n"
        "http.server.ThreadingHTTPServer(('127.0.0.1', int(os.environ['PORT'])), H).serve_forever()\n"
    )
    probe = Probe(http="/health", interval=0.05, timeout=0.1, retries=2, start_period=10.0)
    supervisor = project.supervisor()
    await supervisor.adopt()
    await supervisor.apply([project.service("web", hang, probe=probe, restart=Restart(delay=0.01))])
    await eventually(lambda: supervisor.instances()[0].ready)
    before = supervisor.instances()[0]
    (project.folder / "hang").touch()
    await eventually(lambda: supervisor.instances()[0].status == "restarting")
    (project.folder / "hang").unlink()
    await eventually(lambda: supervisor.instances()[0].ready)
    after = supervisor.instances()[0]
    assert after.handle.pid != before.handle.pid
    assert after.address == before.address, "the gateway finds it where it was"
    names = [event.name for event in project.events]
    assert names.index("healthy") < names.index("unhealthy") < names.index("restarted")
    await supervisor.close()
