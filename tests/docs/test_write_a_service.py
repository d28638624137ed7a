"""docs/how-to/write-a-service.md, tried: the first service as it stands, alone and in its project."""

from __future__ import annotations

from tests.docs.conftest import Try
from tests.e2e.conftest import Sandbox
from tests.ports import free_port


def test_the_page(sandbox: Sandbox, how_to: Try) -> None:
    page = how_to("write-a-service", {"9001": str(free_port())})
    code = page.blocks("python")[0]
    assert code.startswith("# greeter/main.py")
    (sandbox.directory / "greeter").mkdir()
    (sandbox.directory / "greeter" / "main.py").write_text(code)
    told = page.run(0)
    assert '{"hello":"ada"}' in told and '"registered":null' in told and "arena_service_requests_total" in told

    sandbox.write("")
    text = (sandbox.directory / "arena.yaml").read_text().removesuffix("services:\n\n")
    ours = page.blocks("yaml")[0].replace("name: hello\n", "")
    (sandbox.directory / "arena.yaml").write_text(text + ours)
    told = page.run(1)
    assert '{"hello":"ada"}' in told and "greeter-2" in told


def test_the_caller_of_the_page(sandbox: Sandbox, how_to: Try) -> None:
    page = how_to("write-a-service")
    for name, code in (("greeter", page.blocks("python")[0]), ("caller", page.blocks("python")[-1])):
        assert code.startswith(f"# {name}/main.py")
        (sandbox.directory / name).mkdir()
        (sandbox.directory / name / "main.py").write_text(code)
    port = free_port()
    command = "uvicorn main:app --host 127.0.0.1 --port ${PORT}"
    check = "healthcheck: {http: /health, interval: 1s}"
    sandbox.write(
        f"  greeter: {{path: greeter, command: '{command}', ports: ['{port}:{port}'], {check}}}\n"
        f"  caller: {{path: caller, command: '{command}', {check}, environment: {{GREETER_URL: 'http://127.0.0.1:{port}'}},"
        " routes: [{path: /caller, strip_path: true}]}\n"
    )
    sandbox.arena("up", "-d")
    with sandbox.client() as client:
        answer = client.get("/caller/twice/ada")
    assert answer.json() == [{"hello": "ada"}] * 2
    trace = answer.headers["traceparent"].split("-")[1]
    lines = sandbox.json("logs", "--trace", trace)
    assert {"greeter-1", "caller-1"} <= {line["instance"] for line in lines}
