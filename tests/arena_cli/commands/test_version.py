from __future__ import annotations

import platform
from importlib import metadata

from tests.arena_cli.conftest import Inside


def test_version(inside: Inside) -> None:
    ours = metadata.version("arena-ops")
    assert (inside("version")).out.startswith(f"arena {ours} (Python {platform.python_version()}, ")
    assert (inside("version", "-o", "json")).json["arena"] == ours
