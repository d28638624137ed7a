"""Waiting for the outside world without guessing how long it takes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

_PAUSE_SECONDS = 0.01


async def eventually(check: Callable[[], object], *, within: float = 10.0) -> None:
    """Return when `check()` is true, asking again and again. Raises AssertionError after `within` seconds."""
    deadline = time.monotonic() + within
    while not check():
        if time.monotonic() > deadline:
            raise AssertionError(f"not so after {within:g} s: {check}")
        await asyncio.sleep(_PAUSE_SECONDS)
