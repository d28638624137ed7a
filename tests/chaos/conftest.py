from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.conftest import sandbox

__all__ = ["sandbox"]

Tell = Callable[[object], None]


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Tell:
    """Have what clients noticed printed at the end of the run, whatever becomes of the test."""
    return lambda noticed: record_property("noticed", str(noticed))
