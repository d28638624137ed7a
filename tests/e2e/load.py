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


CALLERS = (True, True, False, False)  # which of them keep their connection


class Load:
    """Use it as a context manager around what no client shall notice; `outcomes` tells afterwards."""

    def __init__(self, port: int, path: str = "/web/", *, token: str = "", tls: ssl.SSLContext | None = None) -> None:
        self.outcomes: Counter[str] = Counter()
        self.path = path
        self._where = port, tls
        self._headers = {"authorization": f"Bearer {token}"} if token else {}
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._call, args=(keep,)) for keep in CALLERS]

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

    def next_path(self) -> str:
        """What the next request asks for."""
        return self.path

    def judge(self, path: str, body: bytes) -> None:
        """Look at the body of a 200 to the request for `path`."""

    def _call(self, keep: bool) -> None:
        connection = self._connection()
        while not self._stop.is_set():
            try:
                reply = self._ask(connection)
                if not keep or reply.will_close:
                    connection.close()
            except (http.client.HTTPException, OSError) as error:
                self.outcomes[f"{'kept' if keep else 'new'}: {error!r}"] += 1
                connection.close()
                connection = self._connection()
            time.sleep(PAUSE)
        connection.close()

    def _ask(self, connection: http.client.HTTPConnection) -> http.client.HTTPResponse:
        """One request, never repeated: whatever goes wrong is counted."""
        path = self.next_path()
        connection.request("GET", path, headers=self._headers)
        reply = connection.getresponse()
        body = reply.read()
        self.outcomes[str(reply.status)] += 1
        if reply.status == 200:
            self.judge(path, body)
        return reply

    def _connection(self) -> http.client.HTTPConnection:
        port, tls = self._where
        if tls is None:
            return http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        return http.client.HTTPSConnection("127.0.0.1", port, timeout=20, context=tls)
