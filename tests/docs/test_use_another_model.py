"""docs/how-to/use-another-model.md, tried: the other server is another ai_service, which speaks OpenAI's protocol."""

from __future__ import annotations

from pathlib import Path

from tests.docs.conftest import Try
from tests.e2e.conftest import Sandbox
from tests.ports import free_port

FOLDER = Path(__file__).resolve().parents[2] / "services" / "ai_service"
MODEL = """
  model:
    path: %s
    command: uvicorn main:app --host 127.0.0.1 --port ${PORT}
    ports: ["%d:%d"]
    healthcheck: {http: /health, interval: 1s}
"""


def test_the_page(sandbox: Sandbox, how_to: Try) -> None:
    port = free_port()
    sandbox.write(MODEL % (FOLDER, port, port))
    sandbox.environment["MODEL_KEY"] = "unused by this server"
    swap = {
        "path: services/ai_service": f"path: {FOLDER}",
        "127.0.0.1:11434": f"127.0.0.1:{port}",
        "llama3.2": "arena-gpt",
        "export MODEL_KEY=…": "export MODEL_KEY=secret",
    }
    page = how_to("use-another-model", swap)
    page.configure(0)
    page.run(0)
    sandbox.arena("wait", "ai_service", "--status", "healthy", "--timeout", "30")
    told = page.run(1)
    assert '"id":"arena-gpt"' in told
    assert '"completion_tokens":12' in told and "data: [DONE]" in told
    (sandbox.directory / "ask.py").write_text(page.blocks("python")[0])
    assert page.shell("python ask.py").strip()
