"""sdk.guard and what an app makes of it, through a FastAPI app in this process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
from fastapi import Depends, FastAPI, WebSocket
from fastapi.testclient import TestClient
from starlette.requests import HTTPConnection
from starlette.testclient import WebSocketDenialResponse

from arena import sdk
from arena.sdk.caller import Callers
from arena.sdk.environment import IDENTITY_FILE
from arena.sdk.guard import CallerGuard
from arena.sdk.identity import IdentityFile
from tests.sdk.kit import Daemon

Make = Callable[..., TestClient]


@pytest.fixture
def daemon(tmp_path: Path) -> Daemon:
    return Daemon(tmp_path / "web.json", "web")


@pytest.fixture
def make(daemon: Daemon, monkeypatch: pytest.MonkeyPatch, restored_logging: None) -> Make:
    """`make(allow_from=…)`: an attached app behind a client; `alone=True` for one that Arena did not start."""

    def build(alone: bool = False, **told: Any) -> TestClient:
        daemon.write(**told)
        if alone:
            monkeypatch.delenv(IDENTITY_FILE, raising=False)
        else:
            monkeypatch.setenv(IDENTITY_FILE, str(daemon.path))
        app = FastAPI(title="web")
        sdk.attach(app)
        _routes(app)
        return TestClient(app)

    return build


def _routes(app: FastAPI) -> None:
    @app.get("/open")
    def open_to_all(who: Annotated[sdk.Principal | None, Depends(sdk.principal_or_none)]) -> dict[str, Any]:
        return {"subject": who.subject if who else None}

    @app.get("/me")
    def me(who: Annotated[sdk.Principal, Depends(sdk.principal)]) -> dict[str, Any]:
        return {"subject": who.subject, "roles": sorted(who.roles), "service": who.service, "token": who.token_id}

    @app.get("/admin", dependencies=[Depends(sdk.require_roles("admin", "root"))])
    def admin() -> str:
        return "yes"

    @app.websocket("/ws")
    async def ws(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text("hello")
        await socket.close()

    @app.websocket("/ws/me")
    async def ws_me(socket: WebSocket, who: Annotated[sdk.Principal, Depends(sdk.principal)]) -> None:
        await socket.accept()
        await socket.send_text(who.subject)
        await socket.close()


def problem(answer: httpx.Response, status: int, code: str) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert (body["type"], body["status"]) == (f"urn:arena:problem:{code}", status)
    assert body["request_id"]
    assert ("www-authenticate" in answer.headers) == (status == 401)
    return str(body["detail"])


def test_without_allow_from_everybody_gets_in_and_the_app_knows_who(make: Make, daemon: Daemon) -> None:
    web = make()
    assert web.get("/open").json() == {"subject": None}
    assert web.get("/open", headers=daemon.gateway("ana")).json() == {"subject": "ana"}
    me = web.get("/me", headers=daemon.gateway("ana", roles=["user"], jti="t1")).json()
    assert me == {"subject": "ana", "roles": ["user"], "service": False, "token": "t1"}
    assert web.get("/me", headers=daemon.service("worker")).json()["service"] is True
    assert "route of the gateway" in problem(web.get("/me"), 401, "unauthenticated")
    assert "route of the gateway" in problem(web.get("/me", headers=daemon.gateway(None)), 401, "unauthenticated")


def test_roles(make: Make, daemon: Daemon) -> None:
    web = make()
    assert web.get("/admin", headers=daemon.gateway("ana", roles=["root"])).status_code == 200
    said = problem(web.get("/admin", headers=daemon.gateway("ana", roles=["user"])), 403, "forbidden")
    assert said == "this needs the role admin or root"
    problem(web.get("/admin", headers=daemon.service("worker")), 403, "forbidden")
    problem(web.get("/admin"), 401, "unauthenticated")
    with pytest.raises(ValueError, match="at least one role"):
        sdk.require_roles()


def test_allow_from_lets_in_those_it_names_and_the_gateway(make: Make, daemon: Daemon) -> None:
    web = make(allow_from=("worker",))
    assert web.get("/open", headers=daemon.service("worker")).json() == {"subject": "worker"}
    assert web.get("/open", headers=daemon.gateway("ana")).json() == {"subject": "ana"}
    assert web.get("/open", headers=daemon.gateway(None)).json() == {"subject": None}
    assert "send a service token" in problem(web.get("/open"), 401, "unauthenticated")
    said = problem(web.get("/open", headers=daemon.service("thief")), 403, "forbidden")
    assert said == "thief may not call web: allow_from does not name it"


def test_nobody_but_the_gateway(make: Make, daemon: Daemon) -> None:
    web = make(allow_from=())
    problem(web.get("/open", headers=daemon.service("worker")), 403, "forbidden")
    assert "web answers the gateway alone" in problem(web.get("/open"), 401, "unauthenticated")
    assert web.get("/open", headers=daemon.gateway("ana")).status_code == 200


def test_what_probes_ask_stays_open_and_no_more(make: Make) -> None:
    web = make(allow_from=(), open_paths=("/health", "/metrics"))
    assert web.get("/health").status_code == 200
    assert web.head("/metrics").status_code == 405  # the app's own word
    assert web.get("/metrics").status_code == 200
    for method, path in (("POST", "/health"), ("GET", "/health/"), ("GET", "//health"), ("GET", "/nowhere")):
        problem(web.request(method, path), 401, "unauthenticated")


def test_a_prefix_that_the_server_adds_closes_nothing_and_opens_nothing(make: Make) -> None:
    web = make(allow_from=(), open_paths=("/health",))
    below = TestClient(web.app, root_path="/api")
    assert below.get("/health").status_code == below.get("/api/health").status_code == 200
    problem(below.get("/api/open"), 401, "unauthenticated")


def test_a_refusal_is_counted_and_traced_like_any_request(make: Make) -> None:
    web = make(allow_from=(), open_paths=("/metrics",))
    refused = web.get("/open", headers={"x-request-id": "r-1"})
    assert refused.json()["request_id"] == "r-1"
    assert 'route="unmatched",status="401"} 1.0' in web.get("/metrics").text


def test_websockets(make: Make, daemon: Daemon) -> None:
    web = make(allow_from=("worker",))
    for headers in (daemon.service("worker"), daemon.gateway("ana"), daemon.gateway(None)):
        with web.websocket_connect("/ws", headers=headers) as socket:
            assert socket.receive_text() == "hello"
    with web.websocket_connect("/ws/me", headers=daemon.gateway("ana")) as socket:
        assert socket.receive_text() == "ana"
    refused = (("/ws", {}, 401), ("/ws", daemon.service("thief"), 403), ("/ws/me", daemon.gateway(None), 401))
    for path, headers, status in refused:
        with pytest.raises(WebSocketDenialResponse) as caught, web.websocket_connect(path, headers=headers):
            pass
        assert caught.value.status_code == status
        assert caught.value.headers["content-type"] == "application/problem+json"


async def test_a_server_that_can_only_close_closes(daemon: Daemon) -> None:
    daemon.write(allow_from=())
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("nobody asked")

    guard = CallerGuard(receive, Callers(IdentityFile(daemon.path)))  # type: ignore[arg-type]  # never called
    await guard({"type": "websocket", "path": "/ws", "headers": []}, receive, send)
    assert [message["type"] for message in sent] == ["websocket.close"]


def test_alone_nobody_is_known_and_nobody_is_refused(make: Make, daemon: Daemon) -> None:
    web = make(alone=True)
    assert web.get("/open", headers=daemon.gateway("ana")).json() == {"subject": None}
    assert "ARENA_IDENTITY_FILE is not set" in problem(web.get("/me"), 401, "unauthenticated")


def test_an_identity_file_that_cannot_be_read_lets_nobody_in(make: Make, daemon: Daemon) -> None:
    web = make()
    daemon.path.write_text('{"service": "web", "ke')
    assert "nobody's identity can be checked" in problem(web.get("/open"), 503, "identity-unreadable")
    daemon.write()
    assert web.get("/open").status_code == 200


def test_a_test_of_ones_own_can_say_who_asks(make: Make) -> None:
    """What docs/how-to says about testing."""
    web = make(alone=True)
    app = web.app
    assert isinstance(app, FastAPI)
    app.dependency_overrides[sdk.principal] = lambda: sdk.Principal("ana", frozenset({"user"}))
    assert web.get("/me").json()["subject"] == "ana"


async def test_an_app_that_is_not_attached_is_a_mistake() -> None:
    with pytest.raises(RuntimeError, match="attach"):
        await sdk.principal(HTTPConnection({"type": "http", "headers": []}))
