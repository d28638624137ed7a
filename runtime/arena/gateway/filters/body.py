"""JSON bodies of requests and replies, changed as a route says.

A body that cannot be changed is never passed on as it is: what had to be removed may be a secret, what had to be set may be
what a service trusts. So a request whose body is of another type is 415, one that is no JSON 400; a reply that is compressed,
no JSON, or a stream of JSON texts is 502. Replies of other types, such as HTML, are not looked at. The service is asked for no
compression and no ranges, because a part of a JSON text is none.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Iterable
from typing import TYPE_CHECKING

from arena.gateway.content.json_edit import Change, NoPlace, compile_json_edit
from arena.gateway.content.json_text import BadJson, read, write
from arena.gateway.exchange import Exchange
from arena.gateway.flow.gather import replace_body, whole_body
from arena.gateway.refusal import Refusal
from arena.gateway.wire.reply import ReplyDraft
from arena.model.transform import BodyEdit

if TYPE_CHECKING:
    from arena.gateway.table.route import Filter, Verdict

_JSON = re.compile(rb"application/(?:[a-z0-9!#$&^_.-]+\+)?json", re.IGNORECASE)
_STREAMS = frozenset((b"text/event-stream", b"application/x-ndjson", b"application/ndjson", b"application/jsonl",
                      b"application/json-lines", b"application/json-seq", b"application/stream+json"))  # fmt: skip
_ASKED_WHOLE = (b"accept-encoding:", b"range:", b"if-range:")
_OF_THE_BYTES = (b"content-md5:", b"digest:", b"content-digest:", b"repr-digest:")


def compile_request_body(edit: BodyEdit) -> Filter | None:
    """A filter that changes request bodies; None when nothing is to be changed. Raises ValueError for a bad pointer."""
    change = compile_json_edit(edit)
    if change is None:
        return None

    async def wait(x: Exchange, waiting: Awaitable[Verdict]) -> Verdict:
        verdict = await waiting
        return _apply(change, x) if verdict is None and not x.over else verdict

    def check(x: Exchange) -> Verdict | Awaitable[Verdict]:
        if not x.head.content_length:
            return None
        if not _is_json(x.fields):
            detail = "this route takes JSON bodies alone, without a content coding"
            return Refusal(415, "unsupported-media-type", detail, headers=(b"accept: application/json",))
        waiting = whole_body(x, edit.max_bytes)
        if waiting is None:
            return _apply(change, x)
        return waiting if isinstance(waiting, Refusal) else wait(x, waiting)

    return check


def _apply(change: Change, x: Exchange) -> Refusal | None:
    if x.body:
        try:
            body = write(change(x, read(x.body)))
        except BadJson as error:
            return Refusal(400, "bad-request", f"the body cannot be read as JSON: {error}")
        except NoPlace as error:
            return Refusal(400, "bad-request", f"the body cannot be changed as this route says: {error}")
        x.fields = tuple(_without(x.fields, _OF_THE_BYTES))
        replace_body(x, body)
    return None


def compile_reply_body(edit: BodyEdit) -> Filter | None:
    """A filter that has replies changed; None when nothing is to be changed. Raises ValueError for a bad pointer."""
    change = compile_json_edit(edit)
    if change is None:
        return None
    recast = JsonRecast(change, edit.max_bytes)

    def prepare(x: Exchange) -> None:
        x.fields = (*_without(x.fields, _ASKED_WHOLE), b"accept-encoding: identity")
        x.recast = recast

    return prepare


class JsonRecast:
    """Changes the bodies of JSON replies, up to `limit` bytes."""

    __slots__ = ("_change", "limit")

    def __init__(self, change: Change, limit: int) -> None:
        self._change = change
        self.limit = limit

    def wants(self, x: Exchange, head: ReplyDraft) -> bool | Refusal:  # noqa: ARG002  # the signature of Recast
        """Whether it is JSON, or what is not known to be something else."""
        kind = _content_type(head.fields)
        if kind in _STREAMS:
            return _unfit(f"it is a stream ({kind.decode('latin-1')})")
        if kind and not _JSON.fullmatch(kind):
            return False
        if not is_plain(head.fields):
            return _unfit("it is compressed, though it was asked not to be")
        head.fields = _without(head.fields, _OF_THE_BYTES)
        return True

    def change(self, x: Exchange, _head: ReplyDraft, body: bytes) -> bytes | Refusal:
        """The body as the client gets it."""
        if not body:
            return body
        try:
            return write(self._change(x, read(body)))
        except (BadJson, NoPlace) as error:
            return _unfit(str(error))


def _unfit(why: str) -> Refusal:
    return Refusal(502, "upstream-failed", f"the service's reply cannot be changed as this route says: {why}")


def _is_json(fields: Iterable[bytes]) -> bool:
    return _JSON.fullmatch(_content_type(fields)) is not None and is_plain(fields)


def is_plain(fields: Iterable[bytes]) -> bool:
    """Whether no content coding was applied."""
    codings = [line[17:].strip().lower() for line in fields if line[:17].lower() == b"content-encoding:"]
    return all(coding in (b"", b"identity") for coding in codings)


def _content_type(fields: Iterable[bytes]) -> bytes:
    """The media type in lower case without parameters; b'' for none, or more than one."""
    found = [line[13:].partition(b";")[0].strip().lower() for line in fields if line[:13].lower() == b"content-type:"]
    return found[0] if len(found) == 1 else b""


def _without(fields: Iterable[bytes], names: tuple[bytes, ...]) -> list[bytes]:
    return [line for line in fields if not line.lower().startswith(names)]
