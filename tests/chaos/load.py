"""Constant load on a gateway: each request carries a nonce, and each answer is checked to be the one to that request."""

from __future__ import annotations

import http.client
import itertools
import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

CALLERS = 4
PAUSE = 0.005  # seconds between two requests of one caller: load enough to notice, little enough to be bounded
PATIENCE = 15.0


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
        connection = self._connection()
        while not self._stop.is_set():
            nonce = f"{caller}-{next(self._nonces)}"
            try:
                self._ask(connection, nonce)
            except (OSError, http.client.HTTPException) as error:
                self.outcomes[type(error).__name__] += 1
                connection.close()
                connection = self._connection()
            time.sleep(PAUSE)
        connection.close()

    def _ask(self, connection: http.client.HTTPConnection, nonce: str) -> None:
        """One request, never repeated: whatever goes wrong is counted."""
        connection.request("GET", f"/web/{nonce}", headers={"authorization": f"Bearer {self.token}"})
        reply = connection.getresponse()
        body = reply.read()
        self.outcomes[str(reply.status)] += 1
        if reply.status == 200 and json.loads(body)["path"] != f"/{nonce}":
            self.swapped += 1

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=PATIENCE)
