from typing import Any

import pytest

from arena.sdk import current
from arena.sdk.metrics import RequestMetrics
from arena.sdk.middleware import Message, Receive, RequestMiddleware, Scope, Send

START = {"type": "http.response.start", "status": 200, "headers": []}


def http_scope(**more: Any) -> Scope:
    return {"type": "http", "method": "GET", "headers": [(b"x-request-id", b"r1")], **more}


async def nothing() -> Message:
    return {"type": "http.disconnect"}


async def run(app: Any, scope: Scope) -> tuple[list[Message], str]:
    sent: list[Message] = []
    metrics = RequestMetrics()

    async def send(message: Message) -> None:
        sent.append(message)

    try:
        await RequestMiddleware(app, metrics)(scope, nothing, send)
    finally:
        run.text = metrics.render().decode()  # type: ignore[attr-defined] # for tests in which the app raises
    return sent, metrics.render().decode()


async def test_every_message_passes_as_it_is() -> None:
    messages = [START, *({"type": "http.response.body", "body": b"x", "more_body": more} for more in (True, False))]

    async def app(_scope: Scope, receive: Receive, send: Send) -> None:
        assert receive is nothing
        for message in messages:
            await send(message)

    sent, _ = await run(app, http_scope())
    assert all(was is given for was, given in zip(sent, messages, strict=True))


async def test_the_context_is_set_inside() -> None:
    seen: list[str] = []

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        context = current()
        seen.append(context.request_id if context else "none")
        await send(START)

    await run(app, http_scope())
    await run(app, {"type": "websocket", "headers": [(b"x-request-id", b"w1")]})
    assert seen == ["r1", "w1"]


async def test_lifespan_is_left_alone() -> None:
    async def app(_scope: Scope, receive: Receive, _send: Send) -> None:
        assert receive is nothing

    _, text = await run(app, {"type": "lifespan"})
    assert "requests_total{" not in text


async def test_an_exception_counts_as_500_and_goes_on() -> None:
    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise RuntimeError("boom")

    with pytest.raises(RuntimeError, match="boom"):
        await run(app, http_scope())
    assert 'route="unmatched",status="500"} 1.0' in run.text  # type: ignore[attr-defined] # see run
    assert "arena_service_requests_in_flight 0.0" in run.text  # type: ignore[attr-defined] # see run


async def test_no_answer_at_all_counts_as_a_client_that_left() -> None:
    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        return

    _, text = await run(app, http_scope())
    assert 'status="499"} 1.0' in text
