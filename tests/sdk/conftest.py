"""A registry that does as it is told, and a service process built with the sdk."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
import uvicorn
from fastapi import FastAPI, Request, Response

from tests import plain
from tests.ports import free_port
from tests.served import Served

DEMO = """
import logging
import os
from contextlib import asynccontextmanager

import structlog
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse

from arena import sdk

state = {"health": sdk.Health()}


@asynccontextmanager
async def lifespan(app):
    logging.getLogger("demo").info("own startup")
    yield {"greeting": "hello"}
    logging.getLogger("demo").info("own shutdown")


async def check():
    if state["health"] is None:
        raise RuntimeError("no idea")
    return state["health"]


app = FastAPI(title="demo", lifespan=lifespan)
arena = sdk.attach(app, version="2.1.0", capabilities=("echo",), metadata={"colour": "blue"}, health=check)


@app.get("/items/{item}")
async def item(item: str, request: Request):
    structlog.get_logger("demo").info("asked", item=item)
    logging.getLogger("demo").warning("by stdlib %s", item, extra={"more": 1})
    return {"greeting": request.state.greeting}


@app.get("/headers")
async def headers(request: Request):
    return dict(request.headers)


@app.get("/onward")
async def onward(request: Request):
    async with sdk.client() as http:
        return (await http.get(str(request.url_for("headers")))).json()


@app.get("/stream")
async def stream():
    async def pieces():
        for n in range(3):
            yield f"{n};"

    return StreamingResponse(pieces())


@app.get("/boom")
async def boom():
    raise RuntimeError("boom")


@app.post("/say/{status}")
async def say(status: str):
    state["health"] = None if status == "raise" else sdk.Health(status, "because")
"""


LOGGERS = ("", "uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi", "httpx", "py.warnings")


@pytest.fixture
def restored_logging() -> Iterator[None]:
    """Afterwards logging is as it was."""
    named = [logging.getLogger(name) for name in LOGGERS]
    before = [(log, log.level, log.handlers[:], log.filters[:], log.propagate) for log in named]
    yield
    logging.captureWarnings(False)
    structlog.reset_defaults()
    for log, level, handlers, filters, propagate in before:
        log.setLevel(level)
        log.handlers[:], log.filters[:], log.propagate = handlers, filters, propagate


async def eventually(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.01)


@dataclass
class StubRegistry:
    """Records what it is told. `answer` is the status of registrations, `forgets` makes the next heartbeat a 404."""

    port: int
    answer: int = 201
    forgets: bool = False
    lease: Any = field(default_factory=lambda: {"instance_id": "demo-1", "ttl_seconds": 1, "heartbeat_seconds": 0.02})
    calls: list[tuple[str, str]] = field(default_factory=list)
    payloads: list[dict[str, Any]] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def count(self, method: str) -> int:
        return sum(1 for made, _ in self.calls if made == method)

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.post("/v1/services")
        async def register(request: Request) -> Response:
            self._note(request)
            self.payloads.append(await request.json())
            return Response(json.dumps(self.lease), self.answer)

        @app.put("/v1/services/{service}/{instance}/heartbeat")
        async def beat(request: Request) -> Response:
            self._note(request)
            forgets, self.forgets = self.forgets, False
            return Response(status_code=404 if forgets else 204)

        @app.delete("/v1/services/{service}/{instance}")
        async def deregister(request: Request) -> Response:
            self._note(request)
            return Response(status_code=204)

        return app

    def _note(self, request: Request) -> None:
        self.calls.append((request.method, request.url.path))
        self.tokens.add(request.headers.get("authorization", ""))

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        server = uvicorn.Server(uvicorn.Config(self.app(), port=self.port, log_config=None, lifespan="off"))
        task = asyncio.create_task(server.serve())
        await eventually(lambda: server.started)
        yield
        server.should_exit = server.force_exit = True
        await task


@pytest.fixture
def registry() -> StubRegistry:
    return StubRegistry(free_port())


Start = Callable[..., Served]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the demo service with the given environment, and stops what it started."""
    (tmp_path / "main.py").write_text(DEMO)
    started: list[Served] = []

    def run(**environment: str) -> Served:
        port = int(environment.get("PORT") or free_port())
        command = [sys.executable, "-m", "uvicorn", "main:app", "--host", "127.0.0.1", "--port", str(port)]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ARENA_")}
        with (tmp_path / "stdout").open("wb") as out, (tmp_path / "stderr").open("wb") as err:
            popen = subprocess.Popen(command, cwd=tmp_path, env=kept | environment, stdout=out, stderr=err)
        process = Served(popen, port, tmp_path)
        started.append(process)
        _await_health(process)
        return process

    yield run
    for process in started:
        process.stop()


def _await_health(process: Served) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        assert process.popen.poll() is None, process.stderr
        try:
            plain.get(f"{process.url}/health")
        except httpx.TransportError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError("the service did not come up")
