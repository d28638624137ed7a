"""Every FastAPI app of ours, asked what its own OpenAPI document allows and what it forbids: never a 5xx, and every refusal
is a problem document (or, where OpenAI's clients ask, an error of theirs). The processes are real, and so is the model."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from tests import plain
from tests.registry.conftest import RegistryProcess, make_registry, shared
from tests.services.ai_service.conftest import Service, service

__all__ = ["make_registry", "service", "shared"]  # the fixtures of the two rooms

EXAMPLES = settings(
    max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)


def test_every_app_of_ours_is_asked_here() -> None:
    """Those in templates, too, once there are any."""
    root = Path(__file__).parents[2]
    rooms = (root / "runtime", root / "services", root / "templates")
    files = [path for room in rooms for path in (*room.rglob("*.py"), *room.rglob("*.j2"))]
    apps = {str(path.relative_to(root)) for path in files if re.search(r"\bFastAPI\(", path.read_text())}
    assert apps == {"runtime/arena/registry/app.py", "services/ai_service/ai_service/app.py"}


def ask_everything(url: str, check: Callable[[Any], None]) -> set[str]:
    """Call `check` with requests of every operation that the app at `url` documents: fitting ones and misfits. Returns the
    operations asked."""
    document = plain.get(f"{url}/openapi.json").raise_for_status().json()
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=url)
    asked = set()
    for result in schema.get_all_operations():
        operation = result.ok()
        asked.add(operation.label)
        for mode in GenerationMode:
            ask = EXAMPLES(given(operation.as_strategy(generation_mode=mode))(check))
            try:
                ask()
            except Unsatisfiable:  # what takes nothing can be given nothing wrong
                assert mode is GenerationMode.NEGATIVE and not operation.body
    return asked


def is_problem(answer: Any) -> bool:
    return (
        answer.headers["content-type"] == ["application/problem+json"] and answer.json()["status"] == answer.status_code
    )


def test_registry(shared: RegistryProcess) -> None:
    token = shared.daemon.own()

    def check(case: Any) -> None:
        if case.path == "/v1/watch":
            check_watch(case)
            return
        answer = case.call(headers={"authorization": f"Bearer {token}"})
        assert answer.status_code < 500, answer.text
        assert answer.status_code < 400 or is_problem(answer), answer.text

    asked = ask_everything(shared.url, check)
    assert {"POST /v1/services", "GET /v1/services/{service}", "GET /v1/watch", "GET /health"} <= asked


def check_watch(case: Any) -> None:
    """The stream has no end: its head, and the line that comes at once."""
    with plain.stream(**sendable(case), timeout=30) as answer:
        assert answer.status_code == 200
        first = json.loads(next(answer.iter_lines()))
    assert {"version", "epoch", "endpoints"} <= first.keys()


def sendable(case: Any) -> dict[str, Any]:
    """The case as httpx takes it."""
    told = case.as_transport_kwargs()
    return {
        name: told[name] for name in ("method", "url", "headers", "params", "json", "data", "cookies") if told.get(name)
    }


def test_ai_service(service: Service) -> None:
    def check(case: Any) -> None:
        if isinstance(case.body, dict):
            case.body = brief(case.body)
        answer = case.call(timeout=30)
        assert answer.status_code < 500, answer.text
        assert answer.status_code < 400 or is_problem(answer) or set(answer.json()) == {"error"}, answer.text

    asked = ask_everything(service.url, check)
    assert {"POST /generate", "POST /v1/chat/completions", "GET /v1/models"} <= asked


def brief(body: dict[str, Any]) -> dict[str, Any]:
    """The same question, to be answered in one token: what is tested is the door, not the patience."""
    limits = {key: 1 for key in ("max_tokens", "max_completion_tokens") if isinstance(body.get(key), int)}
    return {**body, **({"max_tokens": 1} if "max_tokens" not in body else {}), **limits}
