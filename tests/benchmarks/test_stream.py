"""The beginning of a stream, through a gateway and straight from its origin."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import pin
from benchmarks.measures import stream


def test_both_ways_are_timed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "_ASKS", 5)
    (figure,) = stream.measure(tmp_path, pin.choose())
    assert figure.value is not None, figure.note
    assert "straight from the origin" in figure.note


def test_a_stream_without_the_event_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "_EVENT", b"data: never\n\n")
    monkeypatch.setattr(stream, "_PATIENCE", 0.5)
    (figure,) = stream.measure(tmp_path, pin.choose())
    assert figure.value is None
    assert figure.note.startswith("not measured: ")
