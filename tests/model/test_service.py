from __future__ import annotations

from arena.model.address import Address
from arena.model.service import Service


def test_a_service_with_urls_runs_elsewhere() -> None:
    assert Service("a", urls=(Address("h", 1),)).external
    assert not Service("a", command=("run",)).external
