from __future__ import annotations

import socket

import pytest

from tests.e2e.conftest import sandbox

__all__ = ["free_port", "sandbox"]


@pytest.fixture
def free_port() -> list[int]:
    """Two ports that nobody held a moment ago."""
    with socket.socket() as one, socket.socket() as two:
        for each in (one, two):
            each.bind(("127.0.0.1", 0))
        return [one.getsockname()[1], two.getsockname()[1]]
