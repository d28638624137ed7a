"""What the report says of the interpreter."""

from __future__ import annotations

import platform
import sys
import sysconfig

import pytest

from benchmarks import machine, pin


@pytest.mark.parametrize(
    ("prefix", "arguments", "flags", "told"),
    [
        ("/opt/py", "'--enable-optimizations' '--with-lto'", "", "built with PGO and LTO"),
        ("/opt/py", "'--prefix=/opt/py'", "-fprofile-use -fprofile-correction", "built with PGO"),
        ("/usr", "'--with-lto=full'", "", "built with LTO"),
        ("/usr", "'--prefix=/usr'", "", "as the distribution built it"),
        ("/opt/py", "'--prefix=/opt/py'", "-std=c11", "built with neither PGO nor LTO"),
        ("/opt/py", None, None, "built with neither PGO nor LTO"),
    ],
)
def test_how_the_interpreter_was_built(
    monkeypatch: pytest.MonkeyPatch, prefix: str, arguments: str | None, flags: str | None, told: str
) -> None:
    monkeypatch.setattr(sys, "base_prefix", prefix)
    monkeypatch.setattr(sysconfig, "get_config_var", {"CONFIG_ARGS": arguments, "PY_CFLAGS_NODIST": flags}.get)
    assert machine._python() == f"CPython {platform.python_version()}, {told} ({platform.python_compiler()})"


def test_a_machine_is_described() -> None:
    about = machine.describe(pin.choose())
    assert about["python"] == machine._python()
    assert all(about[name] for name in ("processor", "memory", "system", "uvloop", "httptools"))
