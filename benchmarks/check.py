"""Is the comparison fair? Asked of each contender before and after it is timed."""

from __future__ import annotations

import http.client
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.ask import Ask
from benchmarks.contenders.base import Contender
from benchmarks.load import CONNECTIONS
from benchmarks.process import Broken
from benchmarks.site import Keys, Site

# A proxy may open a few connections for a burst; one that opens one in fifty requests is not keeping them alive.
_MAX_DIALS_PER_REQUEST = 0.02
_SETTLE_SECONDS = 5.0
_STATUS = Ask("/nginx_status", bool)


@dataclass(frozen=True, slots=True)
class OriginCount:
    """What the origin has seen so far, from its own status page: connections and requests, the asking included."""

    connections: int
    requests: int


def before(contender: Contender, site: Site, keys: Keys) -> None:
    """A good token brings the origin's reply; every kind of bad one is refused. Raises Broken."""
    _await_reply(site, contender, contender.credential(keys))
    if contender.guarded:
        _expect(site, contender.asked, 401, keys.forged(), "a token signed with another key")
        _expect(site, contender.asked, 401, keys.expired(), "an expired token")
        _expect(site, contender.asked, 401, None, "no token")


def reuse(seen: OriginCount, now: OriginCount, served: int) -> None:
    """The requests of a sample reached the origin, over connections that were kept. Raises Broken."""
    forwarded = now.requests - seen.requests
    if forwarded < served:
        raise Broken(f"served {served} requests but forwarded {forwarded}")
    if now.connections - seen.connections > CONNECTIONS * 2 + served * _MAX_DIALS_PER_REQUEST:
        raise Broken(f"opened {now.connections - seen.connections} connections to the origin for {served} requests")


def log(file: Path, served: int, slack: int) -> None:
    """There is one JSON line for each request. wrk leaves requests in flight when it stops; they are logged but not
    counted, `slack` of them at most. Raises Broken."""
    lines = 0
    last = b""
    for line in _json_lines(file):
        lines += 1
        last = line
    if not served <= lines <= served + slack:
        raise Broken(f"{lines} access-log lines for {served} requests (and at most {slack} uncounted)")
    try:
        json.loads(last)
    except ValueError as error:
        raise Broken(f"an access-log line is not JSON: {last[:120]!r}") from error


def origin_count(port: int) -> OriginCount:
    """Ask the origin. Raises Broken when it does not answer."""
    _, body = _send(port, _STATUS, None)
    return parse_status(body)


def parse_status(text: str) -> OriginCount:
    """Read nginx's stub_status page. Raises Broken when it is anything else."""
    found = re.search(r"^\s*(\d+) (\d+) (\d+)\s*$", text, re.MULTILINE)
    if found is None:
        raise Broken(f"the origin's status page says {text[:80]!r}")
    return OriginCount(connections=int(found[1]), requests=int(found[3]))


def _json_lines(file: Path) -> Iterator[bytes]:
    if not file.exists():
        return
    with file.open("rb") as stream:
        yield from (line for line in stream if line.startswith(b"{"))


def _await_reply(site: Site, contender: Contender, token: str) -> None:
    """Some listen before they have read their routes, and say 404 until then."""
    deadline = time.monotonic() + _SETTLE_SECONDS
    while True:
        try:
            return _expect(site, contender.asked, 200, token, "a good token")
        except Broken:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _expect(site: Site, ask: Ask, status: int, token: str | None, what: str) -> None:
    got, body = _send(site.port, ask, token)
    if got != status:
        raise Broken(f"{what} got {got}, not {status}: {body[:120]}")
    if status == 200 and not ask.accepts(body):
        raise Broken(f"{what} got another reply than the origin's: {body[:120]}")


def _send(port: int, ask: Ask, token: str | None) -> tuple[int, str]:
    headers = ask.headers | ({"Authorization": f"Bearer {token}"} if token else {})
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(ask.method, ask.path, ask.body or None, headers)
        reply = connection.getresponse()
        return reply.status, reply.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        raise Broken(f"{ask.method} {ask.path} failed: {error}") from error
    finally:
        connection.close()
