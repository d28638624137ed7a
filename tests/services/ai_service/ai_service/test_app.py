"""The service as a process: its ports, its output, its metrics, its end, and what it says when the model is missing."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import psutil
from ai_service.app import choose
from ai_service.backends.embedded import INSTALL, Embedded
from ai_service.backends.openai_compatible import OpenAICompatible
from ai_service.settings import Settings

from tests.services.ai_service.conftest import WITHOUT_EXTRA, Service, launch


async def test_the_settings_choose_the_backend() -> None:
    embedded, other = choose(Settings()), choose(Settings("http://127.0.0.1:1/v1", "", "m"))
    assert isinstance(embedded, Embedded)
    assert isinstance(other, OpenAICompatible)
    await asyncio.gather(embedded.close(), other.close())


def test_only_the_services_own_port_is_open(service: Service) -> None:
    sockets = psutil.Process(service.popen.pid).net_connections("all")
    listening = [item for item in sockets if item.status == psutil.CONN_LISTEN]
    assert [item.laddr.port for item in listening] == [service.port]
    # llama.cpp's own server still holds a socket file's inode; with the file gone nobody can connect to it.
    files = [item.laddr for item in sockets if isinstance(item.laddr, str) and item.laddr.endswith(".sock")]
    assert files
    assert not any(Path(file).exists() or Path(file).parent.exists() for file in files)


def test_tokens_are_in_the_metrics(service: Service) -> None:
    prompt, completion = (f'arena_ai_{kind}_tokens_total{{model="arena-gpt"}}' for kind in ("prompt", "completion"))
    before = service.metric(prompt), service.metric(completion)
    usage = service.post("/generate", {"prompt": "hi", "max_tokens": 3}).json()["usage"]
    after = service.metric(prompt), service.metric(completion)
    assert (after[0] - before[0], after[1] - before[1]) == (usage["prompt_tokens"], usage["completion_tokens"])


def test_a_quarter_gigabyte_holds_it(service: Service) -> None:
    assert psutil.Process(service.popen.pid).memory_info().rss < 320e6


def test_its_output_is_json_and_its_end_is_clean(tmp_path: Path) -> None:
    service = launch(tmp_path, LOG_LEVEL="DEBUG")
    service.post("/generate", {"prompt": "x", "max_tokens": 2040})
    service.stop()
    assert service.popen.returncode in (0, -signal.SIGTERM)
    assert service.stderr == ""
    native = [line for line in service.lines if line["logger"] == "llama.cpp"]
    assert any("loading model" in line["event"] for line in native)
    assert service.lines[-1]["event"].startswith("Finished server process")


def test_without_the_extra_it_starts_and_says_what_to_install(tmp_path: Path) -> None:
    service = launch(tmp_path, WITHOUT_EXTRA)
    try:
        health = service.get("/health")
        answer = service.post("/generate", {"prompt": "hi"})
        streamed = service.post("/generate", {"prompt": "hi", "stream": True})
        theirs = service.post("/v1/chat/completions", {"messages": [{"role": "user", "content": "hi"}]})
    finally:
        service.stop()
    assert (health.status_code, health.json()["status"]) == (503, "unhealthy")
    assert INSTALL in health.json()["detail"]
    assert answer.status_code == streamed.status_code == theirs.status_code == 503
    assert answer.headers["content-type"] == streamed.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == health.json()["detail"] == theirs.json()["error"]["message"]
    assert any(INSTALL in line["event"] and line["level"] == "error" for line in service.lines)


def test_settings_that_cannot_be_used_end_it_in_one_line(tmp_path: Path) -> None:
    service = None
    try:
        service = launch(tmp_path, ARENA_AI_MODEL="gpt-4o")
    except AssertionError as error:
        said = str(error)
    assert service is None
    assert "ai_service cannot start: ARENA_AI_MODEL is 'gpt-4o'" in said
    assert "set ARENA_AI_BASE_URL" in said
    assert "Traceback" not in said
