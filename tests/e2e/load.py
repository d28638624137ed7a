"""Requests from clients of both kinds, one connection for many and a new one for each, counted by what became of them."""

from __future__ import annotations

import http.client
import ssl
import threading
import time
from collections import Counter
from types import TracebackType
from typing import Self

PAUSE = 0.005  # seconds between two requests of one caller: load enough to notice, little enough for a busy machine


class Load:
    """Use it as a context manager around what no client shall notice; `outcomes` tells afterwards."""

    def __init__(self, port: int, path: str = "/web/", *, tls: ssl.SSLContext | None = None) -> None:
        self.outcomes: Counter[str] = Counter()
        self.slowest = 0.0
        self._where = port, path, tls
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._call, args=(keep,)) for keep in (True, True, False, False)]

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
    def failed(self) -> int:
        return self.outcomes.total() - self.outcomes["200"]

    def _call(self, keep: bool) -> None:
        connection = self._connection()
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                connection.request("GET", self._where[1])
                reply = connection.getresponse()
                reply.read()
                self.outcomes[str(reply.status)] += 1
                if not keep or reply.will_close:
                    connection.close()
            except (http.client.HTTPException, OSError) as error:
                self.outcomes[f"{'kept' if keep else 'new'}: {error!r}"] += 1
                connection.close()
                connection = self._connection()
            self.slowest = max(self.slowest, time.monotonic() - began)
            time.sleep(PAUSE)
        connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        port, _, tls = self._where
        if tls is None:
            return http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        return http.client.HTTPSConnection("127.0.0.1", port, timeout=20, context=tls)
