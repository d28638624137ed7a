import asyncio
import json
import socket
from collections.abc import AsyncIterator

import httpx
import pytest

from arena.registry.payload import MAX_BODY_BYTES


@pytest.fixture
async def http(shared) -> AsyncIterator[httpx.AsyncClient]:
    """Speaks to the shared registry as the daemon."""
    headers = {"authorization": f"Bearer {shared.daemon.own()}"}
    async with httpx.AsyncClient(base_url=shared.url, headers=headers, trust_env=False) as client:
        yield client


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, object]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert (told["status"], told["type"]) == (status, f"urn:arena:problem:{code}")
    assert told["title"] and told["detail"]
    assert told["request_id"] == answer.headers["x-request-id"]
    return told


async def test_a_life_from_registration_to_deregistration(http) -> None:
    seed = {"service_name": "life", "url": "http://localhost:8001", "metadata": {"version": "1", "capabilities": ["x"]}}
    answer = await http.post("/v1/services", json={**seed, "instance_id": "life-1", "ttl_seconds": 30})
    assert (answer.status_code, answer.json()) == (
        201, {"instance_id": "life-1", "ttl_seconds": 30.0, "heartbeat_seconds": 10.0},
    )  # fmt: skip
    assert (await http.put("/v1/services/life/life-1/heartbeat")).status_code == 204
    (found,) = (await http.get("/v1/services/life")).json()["instances"]
    assert (found["instance_id"], found["health"], found["metadata"]) == ("life-1", "unknown", seed["metadata"])
    assert "life" in [one["service"] for one in (await http.get("/v1/services")).json()["services"]]
    assert (await http.delete("/v1/services/life/life-1")).status_code == 204
    problem(await http.delete("/v1/services/life/life-1"), 404, "unknown-instance")
    problem(await http.put("/v1/services/life/life-1/heartbeat"), 404, "unknown-instance")
    problem(await http.get("/v1/services/life"), 404, "unknown-service")


async def test_the_default_instance_id_works_in_paths(http) -> None:
    told = {"service_name": "v6", "url": "http://[::1]:8001"}
    instance = (await http.post("/v1/services", json=told)).json()["instance_id"]
    assert (await http.put(f"/v1/services/v6/{instance}/heartbeat")).status_code == 204
    assert (await http.delete(f"/v1/services/v6/{instance}")).status_code == 204


@pytest.mark.parametrize(
    ("token_of", "payload", "status", "code"),
    [
        (None, {"service_name": "own", "url": "http://a:1"}, 401, "unauthenticated"),
        ("own", {"service_name": "other", "url": "http://a:1"}, 403, "forbidden"),
        ("own", {"service_name": "own", "url": "http://a:1", "ttl_seconds": 0}, 403, "forbidden"),
        ("own", {"service_name": "own", "url": "javascript:alert(1)"}, 422, "invalid-field"),
        ("own", {"service_name": "own", "url": "http://a:1", "health_url": "http://b:1/"}, 422, "invalid-field"),
        ("own", ["not", "an", "object"], 400, "not-json"),
    ],
)
async def test_who_may_say_what(http, shared, token_of, payload, status, code) -> None:  # noqa: PLR0917  # a table
    header = f"Bearer {shared.daemon.token(token_of)}" if token_of else ""
    answer = await http.post("/v1/services", json=payload, headers={"authorization": header})
    told = problem(answer, status, code)
    assert "field" in told or status in (400, 401) or token_of != payload["service_name"]
    assert (status == 401) == ("www-authenticate" in answer.headers)


async def test_a_service_may_not_touch_another(http, shared) -> None:
    await http.post("/v1/services", json={"service_name": "mine", "url": "http://a:1", "instance_id": "mine-1"})
    headers = {"authorization": f"Bearer {shared.daemon.token('thief')}"}
    problem(await http.delete("/v1/services/mine/mine-1", headers=headers), 403, "forbidden")
    problem(await http.put("/v1/services/mine/mine-1/heartbeat", headers=headers), 403, "forbidden")


@pytest.mark.parametrize("size", [MAX_BODY_BYTES + 1, 1_000_000])
async def test_too_much_is_refused_with_and_without_a_length(http, size: int) -> None:
    problem(await http.post("/v1/services", content=b" " * size), 413, "payload-too-large")

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(size // 1000 + 1):
            yield b" " * 1000

    problem(await http.post("/v1/services", content=pieces()), 413, "payload-too-large")


async def test_unknown_paths_and_methods_are_problems_too(http) -> None:
    problem(await http.get("/nope"), 404, "not-found")
    problem(await http.patch("/v1/services"), 405, "method-not-allowed")
    problem(await http.get("/docs"), 404, "not-found")
    problem(await http.get("/docs"), 404, "not-found")


@pytest.mark.parametrize(("given", "kept"), [("abc-123", True), ("a b", False), ("x" * 200, False)])
async def test_a_sane_request_id_is_kept(http, given: str, kept: bool) -> None:
    told = problem(await http.get("/nope", headers={"x-request-id": given}), 404, "not-found")
    assert (told["request_id"] == given) is kept


async def test_reading_needs_no_token_here(shared) -> None:
    async with httpx.AsyncClient(base_url=shared.url, trust_env=False) as anyone:
        for path in ("/v1/services", "/v1/snapshot", "/health", "/metrics"):
            assert (await anyone.get(path)).status_code == 200
        health = (await anyone.get("/health")).json()
        assert health["status"] == "ok"
        assert health["version"] == (await anyone.get("/v1/snapshot")).json()["version"]


async def test_registrations_at_once_are_all_kept(http) -> None:
    async def register(number: int) -> int:
        told = {"service_name": "many", "url": f"http://127.0.0.1:{20000 + number}", "instance_id": f"many-{number}"}
        return (await http.post("/v1/services", json=told)).status_code

    assert set(await asyncio.gather(*(register(number) for number in range(100)))) == {201}
    assert len((await http.get("/v1/services/many")).json()["instances"]) == 100


async def test_a_broken_off_body_harms_nobody(http, shared) -> None:
    token = shared.daemon.own()
    with socket.create_connection(("127.0.0.1", shared.port)) as raw:
        raw.sendall(
            b"POST /v1/services HTTP/1.1\r\nhost: a\r\ncontent-length: 999\r\nauthorization: Bearer "
            + token.encode() + b"\r\n\r\n{"
        )  # fmt: skip
    answer = await http.post("/v1/services", content=json.dumps({"service_name": "after", "url": "http://a:1"}))
    assert answer.status_code == 201
    assert "Traceback" not in shared.log()
