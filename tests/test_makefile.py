"""The Makefile on machines that lack what it needs: it says so, and leaves nothing half-made."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TOO_OLD = "sys.version_info"
NO_VENV = "ensurepip"


@pytest.mark.parametrize(
    ("fails_at", "said"),
    [(TOO_OLD, "Arena needs Python 3.11 or later"), (NO_VENV, "apt install python3-venv")],
)
def test_a_python_that_will_not_do_is_said(tmp_path: Path, fails_at: str, said: str) -> None:
    python = tmp_path / "some-python"
    python.write_text(f'#!/bin/sh\ncase "$*" in *{fails_at}*) exit 1;; *-c*) exit 0;; esac\nmkdir {tmp_path}/venv\n')
    python.chmod(0o755)
    done = make(f"PYTHON={python}", f"VENV={tmp_path}/venv")
    assert done.returncode != 0
    assert said in done.stderr and str(python) in done.stderr
    assert not (tmp_path / "venv").exists()


def test_a_python_that_is_not_there_is_said(tmp_path: Path) -> None:
    done = make("PYTHON=no-such-python", f"VENV={tmp_path}/venv")
    assert done.returncode != 0
    assert "Arena needs Python 3.11 or later, and no-such-python is not" in done.stderr


def make(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", *words], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
