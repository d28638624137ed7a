"""A service that says how its replies may be kept, and what a cache did."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.gateway.kit import Asked, Reply, Stub, Talk


@dataclass
class Origin:
    """Answers every request with a number of its own, `headers` (lines with their ends), and 304 when asked about `etag`."""

    headers: str = "cache-control: max-age=60\r\n"
    status: str = "200 OK"
    body: bytes = b""
    etag: str = ""
    count: int = 0
    seen: list[Asked] = field(default_factory=list)

    async def __call__(self, talk: Talk) -> None:
        self.count += 1
        self.seen.append(talk.asked)
        tag = f"etag: {self.etag}\r\n" if self.etag else ""
        if self.etag and talk.asked.header("if-none-match") == self.etag:
            await talk.send(f"HTTP/1.1 304 Not Modified\r\n{tag}{self.headers}\r\n".encode())
        else:
            await talk.reply(self.body or b"reply %d" % self.count, self.status, tag + self.headers)


def origin(stub: Stub, headers: str = "cache-control: max-age=60\r\n", **more: object) -> Origin:
    made = Origin(headers, **more)  # type: ignore[arg-type]  # passed through
    stub.answer = made
    return made


def said(reply: Reply) -> str:
    """What Cache-Status says, without our name."""
    value = reply.header("cache-status") or ""
    assert value.startswith("arena; "), value
    return value.removeprefix("arena; ")
