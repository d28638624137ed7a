"""Malformed and smuggling-shaped requests, sent to a gateway in front of an upstream that records every byte.

h11 is the oracle: what the gateway passes on must be, request for request and in order, among what h11 reads in the
client's bytes. Passing on fewer is fine; another end of a request, or a request that is not there, is not. Each line of
corpus/*.txt is a case: how many requests the gateway passes on, a name, and the bytes with Python's escapes.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import h11
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arena.model.address import Address
from arena.model.snapshot import Endpoint
from arena.policy.path import BadPath, canonical
from tests.gateway.kit import PATIENCE, QUICK, Client, Gateway, Start, connected, get, post

CORPUS = Path(__file__).parent / "corpus"
IMPATIENT = replace(QUICK, header=0.15, body=0.15, idle=0.3)
_BARE = re.compile(rb"(?<!\r)\n|\r(?!\n)")
_AUTHORITY = re.compile(rb"(?i:https?)://[^/?]*(/?)")


@dataclass(frozen=True)
class Reading:
    """One request as somebody read it."""

    method: bytes
    target: bytes
    body: bytes


@dataclass(frozen=True)
class Case:
    name: str
    passed: int
    data: bytes


def load(path: Path) -> list[Case]:
    cases = []
    for line in path.read_text().splitlines():
        passed, name, escaped = line.split(" ", 2)
        cases.append(Case(name, int(passed), escaped.encode("ascii").decode("unicode_escape").encode("latin-1")))
    return cases


# Where h11 is the stricter one, and no harm is done: how the same would be said to it.
FOR_H11 = {
    "many-zeros": (b"0" * 30 + b"5", b"5"),  # it takes 20 digits of chunk size; we send on a size of our own writing
    "crlf-behind": (b"hello\r\n", b"hello"),  # a blank line before a request is passed over (RFC 9112 section 2.2)
}
GROUPS = {path.stem: load(path) for path in sorted(CORPUS.glob("*.txt"))}


class Peer:
    """h11 as a server: what it has read so far, and whether it has given up."""

    def __init__(self) -> None:
        self._connection = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
        self.requests: list[Reading] = []
        self.broken = False

    def feed(self, data: bytes) -> int:
        """How many requests `data` completes."""
        before = len(self.requests)
        self._connection.receive_data(data)
        try:
            while self._read():
                pass
        except h11.RemoteProtocolError:
            self.broken = True
        return len(self.requests) - before

    def _read(self) -> bool:
        event = self._connection.next_event()
        if isinstance(event, h11.Request):
            self._head, self._body = event, b""
        elif isinstance(event, h11.Data):
            self._body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage):
            self.requests.append(Reading(self._head.method, self._head.target, self._body))
            self._connection.send(h11.Response(status_code=404, headers=[("content-length", "0")]))
            self._connection.send(h11.EndOfMessage())
            if self._connection.our_state is not h11.DONE:
                return False
            self._connection.start_next_cycle()
        else:
            return False
        return True


@dataclass
class Recorder:
    """An upstream that keeps what came on each connection, and answers each request that h11 finds there."""

    connections: list[tuple[bytearray, Peer]] = field(default_factory=list)
    port: int = 0
    writers: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint("web", "web-1", Address("127.0.0.1", self.port), "passing")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raw, peer = bytearray(), Peer()
        self.connections.append((raw, peer))
        self.writers.add(writer)
        try:
            while data := await reader.read(65536):
                raw += data
                for _ in range(peer.feed(data)):
                    target = peer.requests[-1].target
                    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(target), target))
        except ConnectionError:
            return
        finally:
            writer.close()

    @property
    def requests(self) -> list[Reading]:
        return [request for _, peer in self.connections for request in peer.requests]

    def assert_clean(self) -> None:
        """What the gateway wrote is HTTP without ambiguity."""
        for raw, peer in self.connections:
            assert not peer.broken, bytes(raw)
            for head in re.findall(
                rb"(?:^|\r\n\r\n)([A-Z]+ /[^\r\n]* HTTP/1\.1\r\n.*?\r\n\r\n)", bytes(raw), re.DOTALL
            ):
                names = [line.split(b":")[0].lower() for line in head.split(b"\r\n")[1:-2]]
                assert _BARE.search(head) is None, head
                assert names.count(b"host") == 1, head
                assert names.count(b"content-length") + names.count(b"transfer-encoding") <= 1, head


@asynccontextmanager
async def recording() -> AsyncIterator[Recorder]:
    recorder = Recorder()
    server = await asyncio.start_server(recorder.serve, "127.0.0.1", 0)
    recorder.port = server.sockets[0].getsockname()[1]
    try:
        yield recorder
    finally:
        server.close()
        for writer in recorder.writers:
            writer.transport.abort()
        await asyncio.sleep(0)


def reading(data: bytes) -> list[Reading]:
    """What h11 reads in `data`, with each target in the form in which the gateway passes it on."""
    peer = Peer()
    peer.feed(data)
    return [replace(one, target=_sent(one.target)) for one in peer.requests]


def _sent(target: bytes) -> bytes:
    path, mark, query = _AUTHORITY.sub(b"/", target, count=1).partition(b"?")
    try:
        return canonical(path) + mark + query if path.startswith(b"/") else target
    except BadPath:
        return target


async def everything(client: Client) -> bytes:
    try:
        return await client.rest()
    except ConnectionError:
        return b""


async def verdict(start: Start, case: Case) -> str:
    """'' if the gateway does right by `case` and by a stranger who comes after it."""
    async with recording() as recorder:
        gateway = await start(recorder.endpoint, timeouts=IMPATIENT)
        async with connected(gateway) as client:
            await client.send(case.data)
            replies = await everything(client)
        passed = recorder.requests
        async with connected(gateway) as stranger:
            reply = await stranger.ask(get("/stranger"))
    recorder.assert_clean()
    read = reading(case.data.replace(*FOR_H11.get(case.name, (b"", b""))))
    others = iter(read)
    if not all(one in others for one in passed):
        return f"{case.name}: passed on {passed}, which h11 reads as {read}"
    if len(passed) != case.passed:
        return f"{case.name}: passed on {len(passed)} requests, not {case.passed}; replies {replies[:300]!r}"
    if replies.count(b"HTTP/1.1 200 OK\r\n") != len(passed):
        return f"{case.name}: {len(passed)} requests, but {replies!r}"
    if reply.body != b"/stranger":
        return f"{case.name}: a stranger got {reply.body!r}"
    return ""


def test_the_corpus_is_large_and_every_name_is_one_cases() -> None:
    assert sum(map(len, GROUPS.values())) >= 150
    for cases in GROUPS.values():
        assert len({case.name for case in cases}) == len({case.data for case in cases}) == len(cases)


@pytest.mark.parametrize("group", GROUPS)
async def test_no_request_is_read_in_another_way_than_h11_reads_it(start: Start, group: str) -> None:
    verdicts = await asyncio.gather(*(verdict(start, case) for case in GROUPS[group]))
    assert [one for one in verdicts if one] == []


# Valid requests, in pieces.

_bodies = st.binary(max_size=20) | st.sampled_from([get("/smuggled"), b"\r\n\r\n", b"0\r\n\r\n"])
_paths = st.sampled_from(["/", "/a", "/a/b?c=d"])
_chunks = st.lists(st.binary(min_size=1, max_size=12), max_size=3)


def chunked(chunks: list[bytes], path: str) -> bytes:
    wire = b"".join(b"%x;ext\r\n%b\r\n" % (len(one), one) for one in chunks)
    return get(path, b"Transfer-Encoding: chunked\r\n", method="POST") + wire + b"0\r\nX-Trailer: y\r\n\r\n"


_plain = st.builds(get, _paths) | st.builds(post, _bodies, _paths)
# Behind a chunked body the gateway closes when more came along with it, so that one stands last.
_pipelines = st.builds(
    lambda first, last: b"".join((*first, last)),
    st.lists(_plain, max_size=2),
    _plain | st.builds(chunked, _chunks, _paths),
)
_cuts = st.just(None) | st.lists(st.integers(1, 300), max_size=6)


@pytest.fixture
async def recorded(start: Start) -> AsyncIterator[tuple[Gateway, Recorder]]:
    async with recording() as recorder:
        yield await start(recorder.endpoint), recorder


@given(_pipelines, _cuts)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_valid_requests_are_read_alike_however_they_are_cut(
    recorded: tuple[Gateway, Recorder], data: bytes, cuts: list[int] | None
) -> None:
    """No cuts stands for all of them: byte by byte."""
    gateway, recorder = recorded
    before = len(recorder.requests)
    expected = reading(data)
    points = range(len(data) + 1) if cuts is None else sorted({0, len(data), *(at for at in cuts if at < len(data))})
    async with connected(gateway) as client:
        for a, b in pairwise(points):
            await client.send(data[a:b])
            await asyncio.sleep(0)  # the gateway runs in this very loop: it reads each piece by itself
        async with asyncio.timeout(PATIENCE):
            replies = [await client.reply(one.method.decode()) for one in expected]
    assert [reply.status for reply in replies] == [200] * len(expected)
    assert [reply.body for reply in replies] == [one.target for one in expected]
    assert len(recorder.requests) - before == len(expected)
    assert all(one in recorder.requests for one in expected)
