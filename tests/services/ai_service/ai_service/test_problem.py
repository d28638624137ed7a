import httpx
import pytest
from ai_service import problem
from ai_service.answering import ClientLeft
from ai_service.failure import RateLimited, Unavailable
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict

ERRORS = {"busy": RateLimited("slowly", retry_after=7), "none": Unavailable("install it"), "left": ClientLeft()}


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")
    n: int


@pytest.fixture
def http() -> httpx.AsyncClient:
    app = FastAPI()
    problem.install(app)

    @app.get("/{kind}")
    @app.get("/v1/{kind}")
    async def fail(kind: str) -> None:
        raise ERRORS[kind]

    @app.post("/x")
    @app.post("/v1/x")
    async def take(body: Body) -> None:
        return None

    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


async def test_a_failure_in_both_shapes(http: httpx.AsyncClient) -> None:
    answer = await http.get("/busy")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:arena:problem:rate-limit-exceeded",
        "title": "Rate limited by the model server",
        "status": 429,
        "detail": "slowly",
        "request_id": None,
    }
    answer = await http.get("/v1/none")
    assert (answer.status_code, "retry-after" in answer.headers) == (503, False)
    expected = {"message": "install it", "type": "server_error", "param": None, "code": "model_unavailable"}
    assert answer.json() == {"error": expected}


async def test_a_client_that_left_is_no_error_of_ours(http: httpx.AsyncClient) -> None:
    assert (await http.get("/left")).status_code == 499


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'{"n": "x"}', b'{"n": 1, "m": 2}', b"\xff"])
async def test_bad_bodies_in_both_shapes(http: httpx.AsyncClient, content: bytes) -> None:
    kind = {"content-type": "application/json"}
    ours = await http.post("/x", content=content, headers=kind)
    assert ours.status_code in (400, 422)
    assert ours.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "request_id"} <= set(ours.json())
    theirs = await http.post("/v1/x", content=content, headers=kind)
    assert theirs.status_code == 400
    assert set(theirs.json()["error"]) == {"message", "type", "param", "code"}


async def test_an_unknown_field_is_named(http: httpx.AsyncClient) -> None:
    answer = await http.post("/v1/x", json={"n": 1, "tools": []})
    assert answer.json()["error"]["param"] == "tools"
    assert answer.json()["error"]["code"] == "unsupported_parameter"


async def test_unknown_paths_and_methods(http: httpx.AsyncClient) -> None:
    assert (await http.get("/a/b")).headers["content-type"] == "application/problem+json"
    assert (await http.get("/v1/a/b")).json()["error"]["type"] == "invalid_request_error"
    wrong = await http.delete("/v1/x")
    assert wrong.status_code == 405
    assert wrong.headers["allow"]


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain; charset=utf-8", None])
async def test_json_that_is_not_called_so_gets_the_remedy(http: httpx.AsyncClient, kind: str | None) -> None:
    headers = {} if kind is None else {"content-type": kind}
    ours = await http.post("/x", content=b'{"n": 1}', headers=headers)
    assert ours.status_code == 422 and "send Content-Type: application/json" in ours.json()["detail"]
    theirs = await http.post("/v1/x", content=b'{"n": 1}', headers=headers)
    assert theirs.status_code == 400 and "send Content-Type: application/json" in theirs.json()["error"]["message"]
    assert theirs.json()["error"]["code"] == "invalid_content_type"


async def test_a_body_of_another_shape_is_not_told_about_its_type(http: httpx.AsyncClient) -> None:
    assert "Content-Type" not in (await http.post("/x", json=[])).text
    assert "Content-Type" not in (await http.post("/x", content=b"")).text
