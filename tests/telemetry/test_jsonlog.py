from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from arena.telemetry import jsonlog


@pytest.fixture(autouse=True)
def root_logger_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


def test_a_record_becomes_one_json_line_with_its_extras() -> None:
    stream = io.StringIO()
    jsonlog.configure("info", stream)
    log = logging.getLogger("arena.test")
    log.debug("not this")
    log.warning("port %d\nis taken", 8000, extra={"trace_id": "abc"})
    (line,) = stream.getvalue().splitlines()
    record = json.loads(line)
    assert record["event"] == "port 8000\nis taken"
    assert (record["level"], record["logger"], record["trace_id"]) == ("warning", "arena.test", "abc")
    assert record["time"].endswith("+00:00")


def test_an_exception_is_told_whole() -> None:
    stream = io.StringIO()
    jsonlog.configure(stream=stream)
    try:
        raise RuntimeError("broken")
    except RuntimeError:
        logging.getLogger("arena.test").exception("failed")
    record = json.loads(stream.getvalue())
    assert "RuntimeError: broken" in record["exception"] and record["level"] == "error"
