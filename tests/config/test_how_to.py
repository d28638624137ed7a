"""The YAML that docs/how-to shows is YAML that Arena takes."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from arena.config import Loaded

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "limit-callers.md"
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS)
def test_limits(load: Callable[..., Loaded], block: str) -> None:
    loaded = load(block)
    assert loaded.project.gateway.rate_limits
    assert not loaded.notes


def test_the_numbers_in_the_headers_are_those_of_the_example(load: Callable[..., Loaded]) -> None:
    limits = load(BLOCKS[0]).project.gateway.rate_limits
    policy = ", ".join(f'"{one.title}";q={one.burst};w={one.window:g}' for one in limits)
    assert f"ratelimit-policy: {policy}\n" in PAGE.read_text()
