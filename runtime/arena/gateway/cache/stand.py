"""A kept reply in the place of the service's: as an answer of the gateway's own, or of a reply that has begun to come.

The reply was kept as the service gave it. What the route changes (header lines, status, body) is changed anew for whoever gets
it, because changes may name them.
"""

from __future__ import annotations

from collections.abc import Callable

from arena.gateway.exchange import Exchange
from arena.gateway.flow.recast import Recast
from arena.gateway.refusal import Refusal, Reply
from arena.gateway.wire.reply import ReplyDraft
from arena.policy.cache.asking import Asking
from arena.policy.cache.kept import Kept, lines_to_give
from arena.policy.cache.part import Part, bounds, is_of
from arena.policy.cache.validation import for_304, is_known

Edit = Callable[[Exchange, ReplyDraft], None]


def answer(x: Exchange, kept: Kept, asking: Asking, age: float, edit: Edit | None) -> Reply | Refusal:
    """The answer to a request for which `kept` is right: 304 when the client has it already."""
    if edit is None and x.recast is None:
        return _as_kept(kept, asking, age)
    head = head_of(kept, age)
    body = kept.body
    if edit is not None:
        edit(x, head)
    recast = x.recast
    wanted = recast is not None and recast.wants(x, head)
    if isinstance(wanted, Refusal):
        return wanted
    if recast is not None and wanted:
        changed = recast.change(x, head, body)
        if isinstance(changed, Refusal):
            return changed
        body = changed
    lines = without_length(head.fields[1:])
    if head.status == 200 and is_known(kept, asking):
        return Reply(304, for_304(lines), b"")
    if asking.part is not None and head.status == 200 and not wanted:
        return _part(kept, asking.part, lines)
    return Reply(head.status, lines, body)


def _as_kept(kept: Kept, asking: Asking, age: float) -> Reply | Refusal:
    """Where the route changes nothing, which is most often."""
    lines = tuple(lines_to_give(kept, age))
    if asking.conditional and is_known(kept, asking):
        return Reply(304, for_304(lines), b"")
    if asking.part is not None and kept.status == 200:
        return _part(kept, asking.part, lines)
    return Reply(kept.status, lines, kept.body)


def _part(kept: Kept, part: Part, lines: tuple[bytes, ...]) -> Reply | Refusal:
    """The part of its body that was asked for, and all of it when that is another one by now."""
    body = kept.body
    if not is_of(part, kept.facts):
        return Reply(200, lines, body)
    cut = bounds(part, len(body))
    if cut is None:
        nothing = b"content-range: bytes */%d" % len(body)
        return Refusal(416, "range-not-satisfiable", f"there are {len(body)} bytes", headers=(nothing,))
    first, end = cut
    return Reply(206, (*lines, b"content-range: bytes %d-%d/%d" % (first, end - 1, len(body))), body[first:end])


def head_of(kept: Kept, age: float) -> ReplyDraft:
    """Its head, as if the service had sent it just now."""
    return ReplyDraft(kept.status, len(kept.body), fields=lines_to_give(kept, age), dated=True)


def replace(x: Exchange, head: ReplyDraft, kept: Kept, asking: Asking, age: float) -> None:
    """Have the client get `kept` instead of the reply whose head this is; of its body, if it has one, nothing is read. To be
    called before the route's changes."""
    head.reusable = head.reusable and head.status == 304
    head.length = 0
    head.dated = True
    lines = lines_to_give(kept, age)
    if is_known(kept, asking):
        head.status = 304
        head.fields = [b"", *for_304(tuple(lines))]
        x.recast = None
    else:
        head.status = kept.status
        head.fields = [b"", *lines]
        x.recast = _Stand(kept.body, x.recast)


class _Stand:
    """Sends `body`, changed by what the route has for that."""

    limit = 1  # nothing of the service's own body is taken

    def __init__(self, body: bytes, then: Recast | None) -> None:
        self._body = body
        self._then = then
        self._changing = False

    def wants(self, x: Exchange, head: ReplyDraft) -> bool | Refusal:
        wanted = self._then is not None and self._then.wants(x, head)
        self._changing = wanted is True
        return wanted if isinstance(wanted, Refusal) else True

    def change(self, x: Exchange, head: ReplyDraft, _body: bytes) -> bytes | Refusal:
        then = self._then
        return then.change(x, head, self._body) if then is not None and self._changing else self._body


def without_length(lines: list[bytes]) -> tuple[bytes, ...]:
    """The gateway writes the length itself."""
    return tuple(line for line in lines if line[:15].lower() != b"content-length:")
