"""Constant load on a gateway: each request carries a nonce, and each answer is checked to be the one to that request."""

from __future__ import annotations

import http.client
import itertools
import json
import time

from tests.e2e import load


class Load(load.Load):
    """Use it as a context manager around what is to be survived; afterwards `total`, `failed` and `swapped` tell."""

    def __init__(self, port: int, token: str, path: str = "/web/") -> None:
        super().__init__(port, path, token=token)
        self.swapped = 0
        self.seconds: list[float] = []
        """How long each answer took."""
        self._nonces = itertools.count()

    def __str__(self) -> str:
        share = 100 * self.outcomes["200"] / max(1, self.total)
        return f"{share:.3f} % of {self.total} succeeded ({dict(self.outcomes)}), {self.swapped} swapped"

    def next_path(self) -> str:
        return f"{self.path}{next(self._nonces)}"

    def judge(self, path: str, body: bytes) -> None:
        if json.loads(body)["path"] != path.removeprefix(self.path.rstrip("/")):
            self.swapped += 1

    def _ask(self, connection: http.client.HTTPConnection) -> http.client.HTTPResponse:
        began = time.monotonic()
        reply = super()._ask(connection)
        self.seconds.append(time.monotonic() - began)
        return reply
