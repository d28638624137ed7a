"""Which core does what: one core for the proxy under test alone, another for the load and the origin."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cores:
    """Core numbers. On a machine of one core both are the same, and the report says so."""

    proxy: int
    load: int

    @property
    def shared(self) -> bool:
        return self.proxy == self.load


def choose() -> Cores:
    """The last core this process may use for the proxy, the first for the load."""
    allowed = sorted(os.sched_getaffinity(0))
    return Cores(proxy=allowed[-1], load=allowed[0])


@contextlib.contextmanager
def pinned(*cores: int) -> Iterator[None]:
    """Run on `cores` alone; a process started meanwhile inherits that, with every thread it will ever have."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, set(cores))
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
