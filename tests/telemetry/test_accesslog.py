"""telemetry.accesslog: whole lines, in order, never in the way."""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.telemetry import accesslog
from arena.telemetry.accesslog import LineWriter, Stamp, quote


@given(st.text())
def test_any_text_is_a_json_string_on_one_line(text: str) -> None:
    quoted = quote(text)
    assert json.loads(quoted) == text
    assert b"\n" not in quoted


def test_lines_reach_a_file_in_order(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as file:
        writer = LineWriter(file.fileno())
        for n in range(1000):
            writer.add(b"line %d" % n)
        assert writer.flush()
        writer.add(b"last")
        assert writer.flush()
    lines = (tmp_path / "log").read_text().splitlines()
    assert lines == [*(f"line {n}" for n in range(1000)), "last"]


def test_a_reader_that_does_not_read_never_blocks_the_writer_and_loses_nothing_small() -> None:
    reader, fd = os.pipe()
    try:
        writer = LineWriter(fd)
        text = b"x" * 999
        for _ in range(1000):  # a megabyte into a pipe of 64 KiB
            writer.add(text)
        began = time.monotonic()
        assert not writer.flush()
        assert time.monotonic() - began < 1.0
        received = b""
        while not writer.flush():
            received += os.read(reader, 65536)
        os.set_blocking(reader, False)
        while len(received) < 1_000_000:
            received += os.read(reader, 65536)
        assert received == (text + b"\n") * 1000
        assert writer.dropped == 0
    finally:
        os.close(reader)
        os.close(fd)


def test_beyond_the_backlog_lines_are_dropped_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accesslog, "MAX_BACKLOG", 1000)
    reader, fd = os.pipe()
    try:
        os.set_blocking(fd, False)
        filled = os.write(fd, b"x" * 1_000_000)  # nobody reads: the pipe takes nothing more
        writer = LineWriter(fd)
        for size in (5, 6, 5):
            for _ in range(size):
                writer.add(b"y" * 99)
            assert not writer.flush()
        assert writer.dropped == 5  # eleven lines of 100 bytes are more than 1000: what comes after them is not kept
        assert len(os.read(reader, filled)) == filled
        assert writer.flush()
        writer.add(b"again")
        assert writer.flush()
        assert os.read(reader, 10_000) == (b"y" * 99 + b"\n") * 11 + b"again\n"
    finally:
        os.close(reader)
        os.close(fd)


def test_a_reader_that_has_gone_costs_lines_not_the_process() -> None:
    reader, fd = os.pipe()
    os.close(reader)
    try:
        writer = LineWriter(fd)
        writer.add(b"one")
        writer.add(b"two")
        assert writer.flush()
        assert writer.dropped == 2
    finally:
        os.close(fd)


def test_the_stamp_is_rfc_3339_in_utc_with_milliseconds() -> None:
    stamp = Stamp()
    assert stamp.at(0.0) == b"1970-01-01T00:00:00.000Z"
    assert stamp.at(0.9996) == b"1970-01-01T00:00:00.999Z"
    assert stamp.at(1_795_434_340.25) == b"2026-11-23T11:45:40.250Z"
    assert re.fullmatch(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", stamp.now())
