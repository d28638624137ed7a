"""up, ps, plan, scale and down, as typed."""

from __future__ import annotations

from tests.e2e.conftest import Sandbox
from tests.ports import free_port

WEB = """
  web:
    command: python echo_service.py
    environment: {WORD: "%s"}
    healthcheck: {http: /health, interval: 1s}
    routes: [{path: /web, strip_path: true, roles: [user]}]
"""
JOB = """
  job:
    command: python -c "print('did the job')"
  after:
    command: python echo_service.py
    depends_on: {job: {condition: service_completed_successfully}}
    healthcheck:
      test: [CMD, python, -c, "import urllib.request as u; u.urlopen('http://127.0.0.1:${PORT}/health')"]
      interval: 1s
"""
PS_KEYS = [
    "service", "kind", "instance", "status", "health", "pid", "endpoint", "restarts", "uptime_s", "cpu_percent", "rss_bytes",
    "runtime",
]  # fmt: skip


def test_up_brings_everything_to_healthy_and_down_leaves_nothing(sandbox: Sandbox) -> None:
    sandbox.write(WEB % "one")
    shown = sandbox.arena("up", "-d")
    assert (
        f"http://127.0.0.1:{sandbox.port}" in shown.stdout + shown.stderr or "localhost" in shown.stdout + shown.stderr
    )
    rows = sandbox.rows()
    assert {name: row["health"] for name, row in rows.items()} == {
        "registry-1": "healthy",
        "gateway-1": "healthy",
        "web-1": "healthy",
    }
    assert all(list(row) == PS_KEYS for row in rows.values())
    sandbox.arena("down")
    assert sandbox.processes() == []
    assert sandbox.json("ps") == []


def test_a_second_up_changes_nothing_and_an_edit_restarts_that_service_alone(sandbox: Sandbox) -> None:
    sandbox.write(WEB % "one" + JOB)
    sandbox.arena("up", "-d")
    before = sandbox.rows()
    assert "nothing to do" in sandbox.arena("up", "-d", "--dry-run").stdout
    sandbox.arena("up", "-d")
    assert {name: row["pid"] for name, row in sandbox.rows().items()} == {n: row["pid"] for n, row in before.items()}

    sandbox.write(WEB % "two" + JOB)
    plan = sandbox.arena("up", "-d", "--dry-run").stdout
    assert "web-1" in plan and "environment" in plan and "after-1" not in plan
    sandbox.arena("up", "-d")
    after = sandbox.rows()
    changed = {name for name in after if after[name]["pid"] != before[name]["pid"]}
    assert changed == {"web-1"}
    with sandbox.client() as client:
        assert client.get("/web/x").json()["word"] == "two"


def test_one_shot_jobs_complete_and_order_those_who_wait_for_them(sandbox: Sandbox) -> None:
    sandbox.write(JOB)
    sandbox.arena("up", "-d")
    rows = sandbox.rows()
    assert rows["job-1"]["status"] == "completed" and rows["after-1"]["health"] == "healthy"


def test_scale_up_and_down(sandbox: Sandbox) -> None:
    sandbox.write(WEB % "one")
    sandbox.arena("up", "-d", "--scale", "web=3")
    with sandbox.client() as client:
        seen = {client.get("/web/").json()["instance"] for _ in range(60)}
    assert seen == {"web-1", "web-2", "web-3"}
    sandbox.arena("up", "-d", "--scale", "web=1")
    assert [name for name, row in sandbox.rows().items() if row["status"] == "running" and row["service"] == "web"] == [
        "web-1"
    ]


def test_up_of_one_service_leaves_the_others(sandbox: Sandbox) -> None:
    sandbox.write(WEB % "one" + "  other:\n    command: python echo_service.py\n")
    sandbox.arena("up", "-d", "web")
    running = {name for name, row in sandbox.rows().items() if row["status"] == "running"}
    assert running == {"registry-1", "gateway-1", "web-1"}
    assert "did you mean" in sandbox.arena("up", "-d", "wbe", code=2).stderr.lower()


def test_dry_run_starts_nothing(sandbox: Sandbox) -> None:
    sandbox.write(WEB % "one")
    plan = sandbox.arena("up", "--dry-run").stdout
    assert "start web-1" in plan and "not running" in plan
    assert sandbox.processes() == []


def test_two_projects_run_side_by_side_in_one_folder(sandbox: Sandbox) -> None:
    sandbox.write(WEB % "one")
    sandbox.arena("up", "-d")
    second = Sandbox(sandbox.directory, free_port(), free_port())
    second.write(WEB % "two", name="second")
    second.arena("up", "-d")
    assert (
        sandbox.arena("-p", "second", "ps", "-q").stdout.split()
        == sandbox.arena("-p", "demo", "ps", "-q").stdout.split()
    )
    with second.client() as client:
        assert client.get("/web/").json()["word"] == "two"
    second.arena("-p", "second", "down")
    sandbox.write(WEB % "one")
    with sandbox.client() as client:
        assert client.get("/web/").json()["word"] == "one"
