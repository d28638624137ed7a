"""The words that `python -m benchmarks` takes."""

from __future__ import annotations

import pytest

from benchmarks.__main__ import _parser
from benchmarks.measures.roster import MEASURES


def test_parts_are_chosen_by_name() -> None:
    assert _parser().parse_args(["--only", "throughput,bodies,costs"]).only == ("throughput", "bodies", "costs")
    assert _parser().parse_args(["--only", "arena,litellm"]).only == ("arena", "litellm")
    assert _parser().parse_args([]).only == ()


def test_an_unknown_part_is_refused_with_all_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        _parser().parse_args(["--only", "speed"])
    said = capsys.readouterr().err
    assert "'speed' is not one of throughput" in said
    assert all(name in said for name in MEASURES)
