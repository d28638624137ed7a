from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from arena.config import ConfigInvalid, Loaded
from arena.model.address import Address
from arena.model.route import Route
from arena.model.service import Dependency, Probe, Restart, Service

Load = Callable[..., Loaded]
Problems = Callable[..., list[str]]


def one(loaded: Loaded) -> Service:
    return loaded.project.services[0]


def test_the_smallest_service(load: Load, tmp_path: Path) -> None:
    assert one(load("services: {a: {command: run it}}")) == Service("a", ("run", "it"), directory=str(tmp_path))


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("python -m web --port ${PORT}", ("python", "-m", "web", "--port", "${PORT}")),
        ("\"sh -c 'echo $$HOME a'\"", ("sh", "-c", "echo $HOME a")),
        ("[python, -m, web, 8000]", ("python", "-m", "web", "8000")),
        ("true", ("true",)),
    ],
)
def test_commands(load: Load, written: str, words: tuple[str, ...]) -> None:
    assert one(load(f"services:\n  a:\n    command: {written}")).command == words


def test_a_command_for_a_shell_gets_a_note(load: Load) -> None:
    (note,) = load("services:\n  a: {command: make && serve}").notes
    assert (note.where, note.line, note.column) == ("services.a.command", 2, 16)
    assert "'&&'" in note.message and "no shell" in note.message and "sh -c" in note.hint
    for quiet in ("[make, '&&', serve]", "sh -c 'make && serve'", "serve ${PORT} $PORT"):
        assert load(f"services:\n  a:\n    command: {quiet}").notes == ()


def test_a_folder_is_looked_for_where_it_was_not_written(tmp_path: Path, load: Load) -> None:
    for written, hint in (("gone", f"looked for {tmp_path}/gone"), ("/nowhere-at-all", "")):
        with pytest.raises(ConfigInvalid) as caught:
            load(f"services: {{a: {{command: x, path: {written}}}}}")
        assert [each.hint for each in caught.value.problems] == [hint]


def test_a_whole_service(load: Load, tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    text = """
        x-py: &py {restart: on-failure:3, stop_grace_period: 3s}
        services:
          db: {command: db, healthcheck: {test: [CMD, pg_isready]}}
          web:
            <<: *py
            path: ./web
            command: run
            depends_on: {db: {condition: service_healthy}}
            healthcheck: {http: /up, interval: 1s, timeout: 500ms, retries: 2, successes: 3, start_period: 0}
            deploy: {replicas: 2}
            ports: [8101]
            metadata: {version: 1.10}
            routes:
              - {path: /web/, hosts: API.example.org, methods: [get, POST, get], strip_path: true, roles: user}
              - {name: open, path: /, auth: none, first_byte_timeout: 2s, max_body_bytes: 1k}
              - {path: /c}
            x-note: mine
        """
    web = load(text).project.service("web")
    assert web == Service(
        name="web",
        command=("run",),
        directory=str(tmp_path / "web"),
        replicas=2,
        depends_on=(Dependency("db", "service_healthy"),),
        probe=Probe("/up", interval=1.0, timeout=0.5, retries=2, successes=3, start_period=0.0),
        restart=Restart("on-failure", max_attempts=3),
        stop_grace_period=3.0,
        routes=(
            Route("web", "web", "/web", ("api.example.org",), ("GET", "POST"), True, ("user",)),
            Route("open", "web", "/", auth="none", first_byte_timeout=2.0, max_body_bytes=1024),
            Route("web-3", "web", "/c"),
        ),
        metadata={"version": "1.10"},
    )


@pytest.mark.parametrize(
    ("written", "restart"),
    [
        ("no", Restart("no")),
        ('"no"', Restart("no")),
        ("always", Restart("always")),
        ("unless-stopped", Restart("always")),
        ("{when: always, delay: 1s, max_delay: 5s, max_attempts: 2, window: 1m}", Restart("always", 1, 5, 2, 60)),
        ("{max_attempts: 2}", Restart(max_attempts=2)),
    ],
)
def test_restart(load: Load, written: str, restart: Restart) -> None:
    assert one(load(f"services: {{a: {{command: x, restart: {written}}}}}")).restart == restart


@pytest.mark.parametrize(
    ("written", "port"),
    [("8101", None), ('"8101"', None), ('"8101:8101"', 8101), ('"127.0.0.1:8101:8101/tcp"', 8101), ("0", None)],
)
def test_ports(load: Load, written: str, port: int | None) -> None:
    assert one(load(f"services: {{a: {{command: x, ports: [{written}]}}}}")).port == port


@pytest.mark.parametrize(
    ("written", "probe"),
    [
        ("{test: curl -f x}", Probe(command=("sh", "-c", "curl -f x"))),
        ("{test: [CMD-SHELL, curl -f x]}", Probe(command=("sh", "-c", "curl -f x"))),
        ("{test: [CMD, curl, -f]}", Probe(command=("curl", "-f"))),
        ("{test: [NONE]}", None),
        ("{disable: true, http: /x}", None),
        ("{http: /x}", Probe("/x")),
        ("{tcp: true}", Probe(tcp=0)),
        ("{tcp: 5432}", Probe(tcp=5432)),
        ('{tcp: "${P:-5432}"}', Probe(tcp=5432)),
        ('{tcp: "${P:-true}"}', Probe(tcp=0)),
        ("{tcp: false, http: /x}", Probe("/x")),
    ],
)
def test_healthchecks(load: Load, written: str, probe: Probe | None) -> None:
    assert one(load(f"services: {{a: {{command: x, healthcheck: {written}}}}}")).probe == probe


def test_an_external_service(load: Load, tmp_path: Path) -> None:
    text = "services: {a: {url: ['http://127.0.0.1:9101', 'https://h/base/'], healthcheck: {http: /h}, routes: [{path: /a}]}}"
    assert one(load(text)) == Service(
        "a",
        urls=(Address("127.0.0.1", 9101), Address("h", 443, "https", "/base")),
        directory=str(tmp_path),
        probe=Probe("/h"),
        routes=(Route("a", "a", "/a"),),
    )
    assert one(load("services: {a: {url: http://h:1}}")).external


@pytest.mark.parametrize(
    ("inner", "problem"),
    [
        ("{}", "services.a: has neither a command nor a url"),
        ("", "services.a: has neither a command nor a url"),
        ("{command: x, url: http://h}", "services.a.command: and url cannot both be given"),
        ("{command: ''}", "services.a.command: should not be empty"),
        ("{command: ['']}", "services.a.command: cannot be run"),
        ("{url: []}", "services.a.url: should not be empty"),
        ("{url: ['http://h:1', 'http://h:2', 'http://h:1/']}", "services.a.url[2]: is here twice"),
        ("{url: ftp://x}", "services.a.url: 'ftp://x' is not an http:// or https:// URL"),
        ("{url: 'http://u:p@x'}", "services.a.url: 'http://u:*@x' may hold only"),
        ("{url: http://x, ports: ['1']}", "services.a.ports: has no meaning for a service that runs elsewhere (url)"),
        ("{url: http://x, allow_from: []}", "services.a.allow_from: has no meaning for a service that runs elsewhere (url)"),
        ("{url: http://x, healthcheck: {test: x}}", "services.a.healthcheck.test: cannot check"),
        ("{command: x, path: gone}", "services.a.path: gone does not exist"),
        ("{command: x, working_dir: arena.yaml}", "services.a.working_dir: arena.yaml is not a folder"),
        ("{command: x, path: ~nobody-such/x}", "services.a.path: ~nobody-such/x does not exist"),
        (f"{{command: x, path: {'x' * 5000}}}", "does not exist"),
        (r'{command: x, path: "a\0b"}', "does not exist"),
        (f"{{command: x, env_file: {'x' * 5000}}}", "does not exist"),
        ("{command: x, path: ., working_dir: .}", "services.a.working_dir: means the same as path; both are given"),
        ("{command: x, ports: ['1:1', '2:2']}", "services.a.ports[1]: is a second port"),
        ("{command: x, ports: ['81:81'], deploy: {replicas: 2}}", "services.a.ports[0]: is one fixed port, and a has 2"),
        ("{command: x, ports: ['8000-8010']}", "services.a.ports[0]: should be a port such as"),
        ("{command: x, ports: ['8111:8112']}", "services.a.ports[0]: maps 8111 to 8112, but a process listens on its port"),
        ("{command: x, ports: ['70000']}", "services.a.ports[0]: 70000 is not a port"),
        ("{command: x, ports: [{target: 80}]}", "services.a.ports[0]: should be \"8101\""),
        ("{command: x, healthcheck: {interval: 1s}}", "services.a.healthcheck: does not say what to ask"),
        ("{command: x, metadata: {weight: heavy}}", "services.a.metadata.weight: should be a number from 0 to 65535"),
        ("{url: [{url: 'http://h', weight: -1}]}", "services.a.url[0].weight"),
        ("{url: [{weight: 1}]}", "services.a.url[0]"),
        ("{url: [{url: 'ftp://h', weight: 1}]}", "services.a.url[0]: 'ftp://h' is not an http"),
        ("{command: x, healthcheck: {http: /a, tcp: 80}}", "services.a.healthcheck.tcp: and http cannot both be given"),
        ("{command: x, healthcheck: {tcp: 80, test: b}}", "services.a.healthcheck.test: and tcp cannot both be given"),
        ("{command: x, healthcheck: {tcp: 0}}", "services.a.healthcheck.tcp: should be true, for the instance's own port"),
        ("{command: x, healthcheck: {tcp: yes please}}", "services.a.healthcheck.tcp: should be true"),
        ("{command: x, healthcheck: {tcp: false}}", "services.a.healthcheck: does not say what to ask"),
        ("{command: x, healthcheck: {http: /a, test: b}}", "services.a.healthcheck.test: and http cannot both be given"),
        ("{command: x, healthcheck: {test: [pg_isready]}}", "services.a.healthcheck.test: should start with \"CMD\""),
        ("{command: x, healthcheck: {http: health}}", "services.a.healthcheck.http: should be a path"),
        ("{command: x, restart: on-failure:many}", "services.a.restart: should be one of"),
        ("{command: x, deploy: {replicas: -1}}", "services.a.deploy.replicas: should be at least 0, not '-1'"),
        ("{command: x, routes: [{path: /a/../b}]}", "services.a.routes[0].path: should be a path"),
        ("{command: x, routes: [{path: /a, methods: [FETCH]}]}", "services.a.routes[0].methods[0]: should be GET"),
        ("{command: x, routes: [{path: /a, hosts: ['x.*']}]}", "a * stands for the first labels alone"),
        ("{command: x, metadata: {a: [b]}}", "services.a.metadata.a: should be text, not a list"),
    ],
)  # fmt: skip
def test_mistakes(problems: Problems, inner: str, problem: str) -> None:
    (found,) = problems(f"services:\n  a: {inner}")
    assert problem in found


def test_unbalanced_quotes_in_a_command(problems: Problems) -> None:
    (found,) = problems("services:\n  a:\n    command: sh -c 'open\n")
    assert found == "3:14 services.a.command: cannot be split into words: no closing quotation"


@pytest.mark.parametrize(
    ("written", "weights"),
    [
        ("http://h:1", ()),
        ("[http://h:1, http://h:2]", ()),
        ("{url: http://h:1, weight: 5}", ()),
        ("[{url: http://h:1, weight: 5}, {url: http://h:2, weight: 5}]", ()),
        ("[http://h:1, {url: http://h:2, weight: 3}]", (1, 3)),
        ('[http://h:1, {url: http://h:2, weight: "${W:-0}"}]', (1, 0)),
    ],
)
def test_weights_of_what_runs_elsewhere(load: Load, written: str, weights: tuple[int, ...]) -> None:
    assert one(load(f"services: {{a: {{url: {written}}}}}")).weights == weights
