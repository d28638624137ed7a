"""What the gateway's tests are made of: upstreams that are real servers, and a client that sees every byte."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import h11
import jwt

from arena.gateway.connection.listener import Door
from arena.gateway.plane import Plane
from arena.gateway.table.route import Filter
from arena.gateway.view import View
from arena.model.address import Address
from arena.model.project import Jwt, Timeouts
from arena.model.route import Route
from arena.model.snapshot import Endpoint, Snapshot
from tests.ports import free_port

SECRET = "a secret of thirty-two bytes or more, for tests"
PATIENCE = 5.0


def token(*roles: str, sub: str = "alice", ttl: float = 3600.0, secret: str = SECRET, **claims: object) -> str:
    payload = {
        "sub": sub,
        "roles": list(roles),
        "iss": "arena",
        "aud": "arena",
        "exp": int(time.time() + ttl),
        **claims,
    }
    return jwt.encode(payload, secret, "HS256")


def bearer(*roles: str, **kwargs: object) -> bytes:
    return f"Authorization: Bearer {token(*roles, **kwargs)}\r\n".encode()  # type: ignore[arg-type]  # passed through


THEIRS = Jwt("another secret of thirty-two bytes or more", "them")
"""Another issuer than ours, to accept tokens of beside `Jwt(SECRET)`."""


def theirs(*roles: str, **kwargs: object) -> bytes:
    """`bearer` with a token of theirs."""
    return bearer(*roles, **{"secret": THEIRS.secret, "iss": THEIRS.issuer, **kwargs})


async def eventually(check: Callable[[], object], what: str = "") -> None:
    """Wait until `check` is true, for as long as a busy machine may need."""
    end = time.monotonic() + PATIENCE
    while not check():
        assert time.monotonic() < end, f"did not happen: {what or check}"
        await asyncio.sleep(0.005)


# Upstreams.


@dataclass
class Asked:
    """A request as a stub saw it."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes = b""
    raw: bytes = b""

    def header(self, name: str) -> str | None:
        found = [value for key, value in self.headers if key == name]
        assert len(found) <= 1, f"{name} is there {len(found)} times"
        return found[0] if found else None


Answer = Callable[["Talk"], Awaitable[None]]


@dataclass
class Talk:
    """One connection of a stub: its streams, and the request just read."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    asked: Asked

    async def send(self, data: bytes) -> None:
        if self.writer.transport.is_closing():
            raise ConnectionResetError("the gateway has broken it off")
        self.writer.write(data)
        await self.writer.drain()

    async def reply(self, body: bytes = b"hello", status: str = "200 OK", headers: str = "") -> None:
        await self.send(f"HTTP/1.1 {status}\r\n{headers}content-length: {len(body)}\r\n\r\n".encode() + body)

    async def read_chunked(self) -> bytes:
        out = b""
        while size := int(await self.reader.readline(), 16):
            out += await self.reader.readexactly(size)
            await self.reader.readexactly(2)
        await self.reader.readexactly(2)
        return out


async def hello(talk: Talk) -> None:
    await talk.reply()


async def silence(talk: Talk) -> None:
    """Says nothing, until the other side has gone."""
    await talk.reader.read()


@dataclass
class Stub:
    """An upstream: `answer` is called for each request, with its body read unless `stream` is set."""

    answer: Answer = hello
    stream: bool = False
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    open_now: int = 0
    port: int = 0
    tls: ssl.SSLContext | None = None
    server: asyncio.Server | None = None
    writers: set[asyncio.StreamWriter] = field(default_factory=set)

    async def start(self) -> None:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=1 << 20, ssl=self.tls)
        self.port = self.server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self.server is not None:
            self.server.close()
            for writer in list(self.writers):
                writer.transport.abort()
            await asyncio.sleep(0)
            self.server = None

    def endpoint(self, service: str = "web", instance: str = "web-1", **kwargs: object) -> Endpoint:
        return Endpoint(service, instance, Address("127.0.0.1", self.port), kwargs.pop("health", "passing"), **kwargs)  # type: ignore[arg-type]  # passed through

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open_now += 1
        self.writers.add(writer)
        try:
            while True:
                asked = await self._read(reader)
                self.asked.append(asked)
                await self.answer(Talk(reader, writer, asked))
                if writer.is_closing():
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            self.open_now -= 1
            self.writers.discard(writer)
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> Asked:
        raw = await reader.readuntil(b"\r\n\r\n")
        line, *fields = raw[:-4].decode("latin-1").split("\r\n")
        method, target, version = line.split(" ")
        assert version == "HTTP/1.1"
        headers = [(name.lower(), value) for name, _, value in (one.partition(": ") for one in fields)]
        asked = Asked(method, target, headers, raw=raw)
        if not self.stream:
            if (length := asked.header("content-length")) is not None:
                asked.body = await reader.readexactly(int(length))
            elif asked.header("transfer-encoding") == "chunked":
                asked.body = await Talk(reader, None, asked).read_chunked()  # type: ignore[arg-type]  # only reads
        return asked


def nowhere(instance: str = "web-0") -> Endpoint:
    """An endpoint where nobody listens."""
    return Endpoint("web", instance, Address("127.0.0.1", free_port()), "passing")


# The gateway.


@dataclass
class Gateway:
    """A running gateway. `change` swaps its settings, `endpoints` its snapshot."""

    plane: Plane
    view: View
    port: int
    log_file: Path
    server: Door

    def endpoints(self, *endpoints: Endpoint) -> None:
        self.view.use_snapshot(Snapshot(self.view.snapshot.version + 1, "test", endpoints))

    def filter(self, *filters: Filter) -> None:
        """Have requests of the first route pass `filters` as well, until the next swap."""
        route = self.plane.table.routes[0]
        route.filters = (*route.filters, *filters)

    def lines(self) -> list[dict[str, object]]:
        assert self.plane.log is not None
        self.plane.log.flush()
        return [json.loads(line) for line in self.log_file.read_text().splitlines()]

    async def line(self) -> dict[str, object]:
        """The only line of the access log."""
        await eventually(self.lines, "a line in the access log")
        (line,) = self.lines()
        return line


PUBLIC = Route("web", "web", "/", auth="none")
QUICK = Timeouts(header=0.3, body=0.3, connect=0.5, first_byte=0.4, idle=0.6, drain=2.0)

Start = Callable[..., Awaitable[Gateway]]


# The client.


@dataclass
class Reply:
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    interim: list[int]

    def header(self, name: str) -> str | None:
        found = [value for key, value in self.headers if key == name]
        assert len(found) <= 1, f"{name} is there {len(found)} times: {found}"
        return found[0] if found else None

    @property
    def json(self) -> dict[str, object]:
        return json.loads(self.body)  # type: ignore[no-any-return]

    def problem(self, status: int, kind: str) -> dict[str, object]:
        """The problem document, after checking that it is a proper one of that status and kind."""
        assert self.status == status, self.body
        assert self.header("content-type") == "application/problem+json"
        assert set(self.json) == {"type", "title", "status", "detail", "request_id"}
        assert (self.json["type"], self.json["status"]) == (f"urn:arena:problem:{kind}", status)
        assert self.json["request_id"] == self.header("x-request-id")
        assert self.header("traceparent")
        return self.json


class Cut(Exception):
    """The connection ended inside a reply; `body` is what had come."""

    def __init__(self, body: bytes, status: int | None) -> None:
        super().__init__(f"cut after {len(body)} bytes of body, status {status}")
        self.body = body
        self.status = status


class Client:
    """Sends exactly the bytes it is told to; replies are read by h11, which knows when one is whole."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self._pending = b""

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def reply(self, method: str = "GET") -> Reply:
        parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=1 << 20)
        parser.send(h11.Request(method=method, target="/", headers=[("Host", "a")]))
        parser.send(h11.EndOfMessage())
        if self._pending:
            parser.receive_data(self._pending)
            self._pending = b""
        reply, interim = Reply(0, [], b"", []), []
        while True:
            event = parser.next_event()
            if event is h11.NEED_DATA:
                await self._feed(parser, reply)
            elif isinstance(event, h11.InformationalResponse):
                interim.append(event.status_code)
            elif isinstance(event, h11.Response):
                reply.status = event.status_code
                reply.headers = [(k.decode(), v.decode("latin-1")) for k, v in event.headers]
            elif isinstance(event, h11.Data):
                reply.body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                self._pending = parser.trailing_data[0]
                reply.interim = interim
                return reply

    async def _feed(self, parser: h11.Connection, reply: Reply) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                data = await self.reader.read(65536)
        except ConnectionError:
            raise Cut(reply.body, reply.status or None) from None
        framed = reply.header("content-length") or reply.header("transfer-encoding")
        if not data and (framed or not reply.status):
            raise Cut(reply.body, reply.status or None)
        parser.receive_data(data)

    async def ask(self, data: bytes, method: str = "") -> Reply:
        await self.send(data)
        return await self.reply(method or data.split(b" ", 1)[0].decode())

    async def at_end(self) -> bool:
        """True when the gateway closed the connection, with nothing more sent."""
        async with asyncio.timeout(PATIENCE):
            try:
                return self._pending == b"" and await self.reader.read(65536) == b""
            except ConnectionError:
                return True

    async def rest(self) -> bytes:
        """Everything until the connection ends."""
        out = self._pending
        async with asyncio.timeout(PATIENCE):
            while data := await self.reader.read(65536):
                out += data
        return out

    def leave(self) -> None:
        self.writer.transport.abort()


@asynccontextmanager
async def connected(gateway: Gateway) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port, limit=1 << 20)
    try:
        yield Client(reader, writer)
    finally:
        writer.transport.abort()


def get(path: str = "/", *lines: bytes, method: str = "GET") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: gw.example\r\n".encode() + b"".join(lines) + b"\r\n"


def post(body: bytes, path: str = "/", *lines: bytes, method: str = "POST") -> bytes:
    return get(path, f"Content-Length: {len(body)}\r\n".encode(), *lines, method=method) + body


async def at_rest(gateway: Gateway) -> None:
    """Nothing is under way any more, and everything that was counted in was counted out."""
    targets = [target for roster in gateway.view.rosters for target in roster.endpoints]
    await eventually(lambda: gateway.plane.stats.in_flight == 0, "the last exchange is over")
    assert [target.in_flight for target in targets] == [0] * len(targets)
