"""A reply on its way that may be kept, or that says what becomes of one that is.

    the service says            what the client gets                 what is kept
    304 to our question         the kept reply                       it, with what the 304 says
    500, 502, 503, 504          the kept one while `stale-if-error`  it, as it was
    (no reply at all)           the same, else a refusal             it, as it was
    anything else               that                                 that, if it may be

Only whole replies whose end was announced are kept: where the close of a connection is the end, nobody can tell it from a cut.
"""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING

from arena.gateway.cache import stand
from arena.gateway.cache.flight import Flight
from arena.gateway.cache.shelf import Entry, Question
from arena.gateway.exchange import Exchange, Outcome
from arena.gateway.flow.answer import RESCUED
from arena.gateway.flow.recast import Recast
from arena.gateway.refusal import Refusal, Reply
from arena.gateway.wire.reply import NO_BODY, UNTIL_CLOSE, ReplyDraft
from arena.policy.cache.freshness import age, lifetime, may_stand_in
from arena.policy.cache.kept import Kept, lines_to_keep
from arena.policy.cache.reply import facts
from arena.policy.cache.storing import SHARED, place, vary
from arena.policy.cache.validation import CONDITIONS, answers, freshened, questions

if TYPE_CHECKING:
    from arena.gateway.cache.route import RouteCache


class Fetch:
    """Watches the reply to one request; a Tap. `flight` is told what became of it."""

    def __init__(self, x: Exchange, cache: RouteCache, question: Question) -> None:
        """Attach to `x`, which is sent on next."""
        self.flight: Flight | None = None
        self._cache = cache
        self._question = question
        self._asking = question.asking
        self._stale = stale = question.found
        self._asked_at = time()
        self._came_at = 0.0
        self._place: bytes | None = None
        self._status = 0
        self._lines: tuple[bytes, ...] = ()
        self._pieces: list[bytes] = []
        self._size = 0
        self._whole: bytes | None = None
        self._entry: Entry | None = None
        lines = [] if stale is None else questions(stale.kept)
        self._asks = bool(lines)
        if lines:
            x.fields = (*(line for line in x.fields if not line.lower().startswith(CONDITIONS)), *lines)
        if stale is not None and may_stand_in(stale.kept, cache.rule, self._asked_at):
            x.rescue = self.rescue
        if x.recast is not None:
            x.recast = _Watched(x.recast, self)
        x.observe(self)
        x.at_end(self.end)

    # What comes.

    def arrived(self, x: Exchange, head: ReplyDraft) -> None:
        """The head of the service's reply, before the route changes it."""
        now = self._came_at = time()
        self._forget_reply()
        # Another service's reply (a fallback's) is not this one's.
        own = self._question.way == self._cache.way(x)
        stale = self._stale
        if stale is not None:
            if head.status == 304 and self._asks:
                self._revalidated(x, head, stale, own=own)
                return
            if head.status in RESCUED and may_stand_in(stale.kept, self._cache.rule, now):
                self._cache.tell(x, "stale", b"hit; fwd-status=%d; detail=stale-if-error" % head.status)
                x.rescued = True
                stand.replace(x, head, stale.kept, self._asking, age(stale.kept, now) or 0.0)
                return
        lines = lines_to_keep(head.fields[1:], now)
        rule = self._cache.rule
        framed = head.length != UNTIL_CLOSE or head.status in NO_BODY
        if own and framed and x.head.method == b"GET" and head.length <= rule.max_body_bytes:
            self._place = place(self._asking, facts(head.status, lines), rule)
        self._status, self._lines = head.status, lines
        stored = b"; stored" if self._place is not None else b""
        self._cache.tell(x, "miss", b"fwd=%b; fwd-status=%d%b" % (self._question.why, head.status, stored))
        if self._place is None and self.flight is not None:
            self.flight.land("alone", remember=head.status not in RESCUED)

    def began(self, x: Exchange, head: ReplyDraft) -> None:
        """The head as the client gets it says nothing about keeping."""

    def piece(self, _x: Exchange, data: bytes) -> None:
        """A piece of the body as the client gets it, which is the service's own unless it is recast."""
        if self._place is None or self._whole is not None:
            return
        self._size += len(data)
        if self._size > self._cache.rule.max_body_bytes:
            self._forget_reply()
            if self.flight is not None:
                self.flight.land("alone", remember=True)
        else:
            self._pieces.append(data)

    def whole(self, body: bytes) -> None:
        """The body before it is changed."""
        self._whole = body
        self._pieces.clear()
        if len(body) > self._cache.rule.max_body_bytes:
            self._place = None

    def rescue(self, x: Exchange, refusal: Refusal) -> Reply | None:
        """The kept reply where the service gives none."""
        stale, now = self._stale, time()
        if stale is None or refusal.status not in RESCUED or not may_stand_in(stale.kept, self._cache.rule, now):
            return None
        self._cache.tell(x, "stale", b"hit; detail=stale-if-error")
        given = stand.answer(x, stale.kept, self._asking, age(stale.kept, now) or 0.0, self._cache.edit_inner)
        return given if isinstance(given, Reply) else None

    def end(self, _x: Exchange, outcome: Outcome, _now: float) -> None:
        """Keep what may be kept; whoever waits for it is told."""
        if outcome == "served" and self._place is not None:
            body = b"".join(self._pieces) if self._whole is None else self._whole
            shared = self._place == SHARED
            kept = Kept(self._status, self._lines, body, self._asked_at, self._came_at, shared)
            self._keep(kept, self._place)
        if self.flight is not None:
            entry = self._entry
            # What is stale at once is nobody else's: waiting for such a reply is in vain.
            vain = entry is not None and not lifetime(entry.kept.facts, self._cache.rule, shared=entry.kept.shared)
            self.flight.land(entry or ("left" if outcome == "left" else "alone"), remember=vain)

    # What follows.

    def _revalidated(self, x: Exchange, head: ReplyDraft, stale: Entry, *, own: bool) -> None:
        now = self._came_at
        lines = lines_to_keep(head.fields[1:], now)
        kept = stale.kept
        if own:
            self._cache.store.drop(stale)
        if own and answers(kept, lines):
            kept = freshened(kept, lines, self._asked_at, now)
            where = place(self._asking, kept.facts, self._cache.rule)
            if where is not None:
                self._keep(kept, where)
        self._cache.tell(
            x, "revalidated", b"fwd=%b; fwd-status=304%b" % (self._question.why, b"; stored" if self._entry else b"")
        )
        stand.replace(x, head, kept, self._asking, age(kept, now) or 0.0)

    def _keep(self, kept: Kept, where: bytes) -> None:
        names = vary(kept.facts, self._cache.rule)
        values = self._asking.values(names)
        kept = Kept(kept.status, kept.lines, kept.body, kept.asked_at, kept.came_at, where == SHARED)
        self._entry = Entry(self._question.uri, self._question.way, where, names, values, kept)
        self._cache.keep(self._entry)

    def _forget_reply(self) -> None:
        """An earlier attempt may have begun to bring one."""
        self._place = None
        self._pieces.clear()
        self._size = 0
        self._whole = None


class _Watched:
    """A recast that shows the fetch what it is about to change."""

    def __init__(self, recast: Recast, fetch: Fetch) -> None:
        self.limit = recast.limit
        self._recast = recast
        self._fetch = fetch

    def wants(self, x: Exchange, head: ReplyDraft) -> bool | Refusal:
        return self._recast.wants(x, head)

    def change(self, x: Exchange, head: ReplyDraft, body: bytes) -> bytes | Refusal:
        self._fetch.whole(body)
        return self._recast.change(x, head, body)
