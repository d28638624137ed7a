from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from arena.daemon import launch
from arena.daemon.operator import DaemonOperator
from arena.model.layout import StateLayout
from tests.e2e.conftest import sandbox

__all__ = ["sandbox"]


@pytest.fixture
async def operator(tmp_path: Path) -> AsyncIterator[DaemonOperator]:
    """The operator of a project that runs nothing yet, in this process."""
    layout = StateLayout.of(tmp_path, "demo")
    launch.prepare(layout)
    operator = DaemonOperator(layout, tmp_path)
    await operator.start()
    yield operator
    await operator.down(0.0, True, lambda _: None)
    await operator.close()
