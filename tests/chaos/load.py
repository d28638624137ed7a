"""Constant load on a gateway: each request carries a nonce, and each answer is checked to be the one to that request."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import httpx

CALLERS = 4
PAUSE = 0.01  # seconds between two requests of one caller: load enough to notice, little enough to be bounded


@dataclass
class Load:
    """Use it as a context manager around what is to be survived; afterwards `answered`, `failed` and `swapped` tell."""

    url: str
    token: str
    outcomes: Counter[str] = field(default_factory=Counter)
    swapped: int = 0

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._nonces = itertools.count()
        self._threads = [threading.Thread(target=self._call, args=(number,)) for number in range(CALLERS)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    @property
    def total(self) -> int:
        return self.outcomes.total()

    @property
    def failed(self) -> int:
        return self.total - self.outcomes["200"]

    def __str__(self) -> str:
        share = 100 * self.outcomes["200"] / max(1, self.total)
        return f"{share:.3f} % of {self.total} succeeded ({dict(self.outcomes)}), {self.swapped} swapped"

    def _call(self, caller: int) -> None:
        headers = {"authorization": f"Bearer {self.token}"}
        with httpx.Client(base_url=self.url, headers=headers, timeout=15) as client:
            while not self._stop.is_set():
                nonce = f"{caller}-{next(self._nonces)}"
                try:
                    reply = client.get(f"/web/{nonce}")
                    self.outcomes[str(reply.status_code)] += 1
                    if reply.status_code == 200 and reply.json()["path"] != f"/{nonce}":
                        self.swapped += 1
                except httpx.HTTPError as error:
                    self.outcomes[type(error).__name__] += 1
                time.sleep(PAUSE)
