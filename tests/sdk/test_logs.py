import io
import json
import logging
import warnings
from typing import Any

import pytest
import structlog

from arena.sdk import logs
from arena.sdk.request import enter


@pytest.fixture
def stream(restored_logging: None) -> io.StringIO:
    """Everything logged goes here."""
    return io.StringIO()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


async def test_every_road_leads_to_one_shape(stream: io.StringIO) -> None:
    logs.configure("demo", "demo-1", level="INFO", stream=stream)
    context = enter([(b"x-request-id", b"r1")])
    structlog.get_logger("one").info("by structlog", size=3)
    logging.getLogger("two").warning("by %s", "stdlib", extra={"more": {"a": 1}})
    logging.getLogger("uvicorn.error").info("by uvicorn", extra={"color_message": "\x1b[1mby uvicorn"})
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)  # catch_warnings put its own hook in the place of ours
        warnings.warn("by warnings", UserWarning, stacklevel=1)
    found = lines(stream)
    assert [line["event"].split("\n")[0][-11:] for line in found[:3]] == [
        "y structlog"[-11:],
        "by stdlib",
        "by uvicorn",
    ]
    assert "by warnings" in found[3]["event"]
    for line in found:
        assert {"time", "level", "logger", "event"} <= set(line)
        assert (line["service"], line["instance"]) == ("demo", "demo-1")
        assert (line["trace_id"], line["request_id"]) == (context.trace.trace_id, "r1")
        assert "color_message" not in line
    assert found[0]["size"] == 3
    assert found[1]["more"] == {"a": 1}
    assert [line["level"] for line in found] == ["info", "warning", "info", "warning"]


def test_outside_of_a_request_no_trace_is_claimed(stream: io.StringIO) -> None:
    logs.configure("demo", "demo-1", stream=stream)
    logging.getLogger("x").info("alone")
    assert not {"trace_id", "request_id"} & set(lines(stream)[0])


def test_an_exception_is_one_line(stream: io.StringIO) -> None:
    logs.configure("demo", "demo-1", stream=stream)
    try:
        raise ValueError("bad\nnews")
    except ValueError:
        logging.getLogger("x").exception("it failed")
        structlog.get_logger("y").exception("it failed")
    found = lines(stream)
    assert len(found) == 2
    assert all("ValueError: bad\nnews" in line["exception"] for line in found)


def test_what_cannot_be_json_is_still_logged(stream: io.StringIO) -> None:
    logs.configure("demo", "demo-1", stream=stream)
    structlog.get_logger("x").info("odd", thing=object(), text="line\nbreak ☃")
    assert lines(stream)[0]["text"] == "line\nbreak ☃"


def test_the_level_holds_for_both(stream: io.StringIO) -> None:
    logs.configure("demo", "demo-1", level="WARNING", stream=stream)
    logging.getLogger("x").info("quiet")
    structlog.get_logger("x").info("quiet")
    assert lines(stream) == []


@pytest.mark.parametrize(
    ("variables", "level"),
    [
        ({}, "INFO"),
        ({"LOG_LEVEL": "debug"}, "DEBUG"),
        ({"LOG_LEVEL": "loud"}, "INFO"),
        ({"ARENA_DEBUG": "true"}, "DEBUG"),
        ({"ARENA_DEBUG": "false"}, "INFO"),
        ({"ARENA_DEBUG": "1", "LOG_LEVEL": "ERROR"}, "ERROR"),
    ],
)
def test_the_wanted_level(variables: dict[str, str], level: str) -> None:
    assert logs.wanted_level(variables) == level


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [("/health", 200, False), ("/metrics?x=1", 200, False), ("/health", 503, True), ("/healthy", 200, True)],
)
def test_only_passing_probes_are_left_out(stream: io.StringIO, path: str, status: int, said: bool) -> None:
    logs.configure("demo", "demo-1", stream=stream)
    form = '%s - "%s %s HTTP/%s" %d'
    logging.getLogger("uvicorn.access").info(form, "127.0.0.1:1", "GET", path, "1.1", status)
    assert bool(lines(stream)) is said
