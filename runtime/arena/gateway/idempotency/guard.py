"""The filter of routes with `idempotency`.

The first request with a key is carried out even if its client leaves meanwhile: that is when clients send it again. The key
goes on to the service, which may know it too; the gateway itself still repeats nothing that is not safe to repeat.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass, field, replace

from arena.gateway.exchange import Exchange, Outcome
from arena.gateway.flow.gather import whole_body
from arena.gateway.flow.recast import Recast
from arena.gateway.idempotency.record import Full, Ledger, Record, Terms, Unable
from arena.gateway.refusal import Refusal, Reply
from arena.gateway.table.route import Verdict
from arena.gateway.wire.reply import ReplyDraft
from arena.model.idempotency import IdempotencyRule
from arena.policy.idempotency import fingerprint, is_final, read_key
from arena.tasks import spawn

REPLAYED = b"idempotent-replayed: true"
_CREDENTIALS = (b"cookie:", b"authorization:", b"x-api-key:")
_UNDER_WAY = Refusal(
    409,
    "idempotency-conflict",
    "a request with this key is under way; send it again to learn what became of it",
    headers=(b"retry-after: 1",),
)
_NO_REPLY = Refusal(
    409,
    "idempotency-conflict",
    "the request with this key may have been carried out, and its reply is not there to be given again: it was too long, broke"
    " off or never came; find out what became of it before you send it with a new key",
)
_ANOTHER = Refusal(
    422, "idempotency-mismatch", "another request (method, path, query or body) came with this key; take a new one"
)
_UNABLE = Refusal(
    503,
    "idempotency-unavailable",
    "nobody can remember requests with a key now, and this route says to refuse them then; GET /health says more",
    headers=(b"retry-after: 1",),
)
_FULL = Refusal(
    503,
    "idempotency-unavailable",
    "there is no room to remember requests with a key, and this route says to refuse them then; older ones make room in time",
    headers=(b"retry-after: 60",),
)


@dataclass(slots=True)
class Idempotency:
    """What the routes of one gateway share; it survives swaps. `results` counts requests by route and what became of them."""

    ledger: Ledger
    results: Counter[tuple[str, str]] = field(default_factory=Counter)


class Guard:
    """A filter for `route`."""

    def __init__(self, rule: IdempotencyRule, route: str, shared: Idempotency) -> None:
        self.rule = rule
        self.ledger = shared.ledger
        self._route = route
        self._results = shared.results
        self._methods = frozenset(method.encode() for method in rule.methods)
        self._header = rule.header.lower().encode() + b":"
        self._known, self._strange = (Terms(rule.ttl, rule.keep_errors, known) for known in (True, False))
        self._missing = Refusal(400, "idempotency-key", f"this route needs the header {rule.header}")

    def __call__(self, x: Exchange) -> Verdict | Awaitable[Verdict]:
        if x.head.method not in self._methods:
            return None
        size = len(self._header)
        try:
            key = read_key([line[size:].strip(b" \t") for line in x.fields if line[:size].lower() == self._header])
        except ValueError as error:
            return Refusal(400, "idempotency-key", f"the header {self.rule.header} {error}")
        if key is None:
            return self._missing if self.rule.required else None
        body = whole_body(x, x.body_limit)
        return body if isinstance(body, Refusal) else self._claim(x, key, body)

    def note(self, x: Exchange) -> None:
        """A filter behind those that have the reply's body changed: it may turn out that it cannot be, and yet it was one."""
        for tap in x.taps or ():
            if isinstance(tap, _Watch) and x.recast is not None:
                x.recast = _Noted(x.recast, tap)

    async def _claim(self, x: Exchange, key: bytes, body: Awaitable[Verdict] | None) -> Verdict:
        refusal = None if body is None else await body
        if refusal is not None or x.over:
            return refusal
        name = self._name(x, key)
        terms = self._strange if x.principal is None else self._known
        record = Record(fingerprint(x.head.method, x.head.target, x.body))
        try:
            found = await self.ledger.claim(name, record, terms)
        except Unable as error:
            if self.rule.on_store_error == "allow":
                self._count(x, "unprotected")
                return None
            self._count(x, "unavailable")
            return _FULL if isinstance(error, Full) else _UNABLE
        if found is not None:
            return self._again(x, record, found)
        if x.over:
            await self.let_go(name)
            return None
        self._count(x, "first")
        _Watch(x, self, name, record, terms)
        return None

    def _again(self, x: Exchange, record: Record, found: Record) -> Verdict:
        if found.fingerprint != record.fingerprint:
            self._count(x, "mismatch")
            return _ANOTHER
        if found.reply is None:
            self._count(x, "conflict")
            return _NO_REPLY if found.done else _UNDER_WAY
        self._count(x, "replayed")
        return Reply(found.reply.status, (*found.reply.fields, REPLAYED), found.reply.body)

    def _name(self, x: Exchange, key: bytes) -> str:
        """The key as this caller's own on this route; hashed, because keys may tell things."""
        if x.principal is not None:
            who = [b"principal", x.principal.key.encode(errors="surrogatepass")]
        else:
            # Strangers are told apart as well as they can be: nobody may get another's reply by guessing a key.
            who = [b"address", x.client.ip.encode(), *(f for f in x.fields if f.lower().startswith(_CREDENTIALS))]
            if x.client.certificate is not None:
                who += [b"certificate", x.client.certificate.fingerprint.encode()]
        parts = (self._route.encode(), key, *who)
        return hashlib.sha256(b"".join(b"%d:" % len(part) + part for part in parts)).hexdigest()

    def _count(self, x: Exchange, result: str) -> None:
        self._results[self._route, result] += 1
        x.log_more += b',"idempotency":"%b"' % result.encode()

    async def settle(self, name: str, record: Record, terms: Terms) -> None:
        """Remember the outcome."""
        try:
            await self.ledger.settle(name, record, terms)
        except Unable:
            self._results[self._route, "forgotten"] += 1

    async def let_go(self, name: str) -> None:
        """Let the request be carried out when it comes again."""
        try:
            await self.ledger.release(name)
        except Unable:
            self._results[self._route, "forgotten"] += 1


class _Watch:
    """Sees the reply to the first request with a key; a Tap."""

    def __init__(self, x: Exchange, guard: Guard, name: str, record: Record, terms: Terms) -> None:
        self._guard = guard
        self._name = name
        self._record = record
        self._terms = terms
        self._status = 0  # 0: no reply has begun
        self._final = False
        self._fields: tuple[bytes, ...] = ()
        self._pieces: list[bytes] = []
        self._size = 0
        x.stays = True
        x.observe(self)
        x.at_end(self.end)

    def replied(self, head: ReplyDraft) -> None:
        """The service has answered, whatever becomes of that on its way to the client."""
        comes_back = any(line[:12].lower() == b"retry-after:" for line in head.fields)
        self._status = head.status
        self._final = is_final(head.status, comes_back=comes_back, keep_errors=self._guard.rule.keep_errors)

    def began(self, _x: Exchange, head: ReplyDraft) -> None:
        self.replied(head)
        self._fields = tuple(line for line in head.fields[1:] if line[:15].lower() != b"content-length:")

    def piece(self, _x: Exchange, data: bytes) -> None:
        self._size += len(data)
        if self._size <= self._guard.rule.max_reply_bytes:
            self._pieces.append(data)
        else:
            self._pieces.clear()

    def end(self, x: Exchange, outcome: Outcome, _now: float) -> None:
        # Without a reply nobody knows, unless it was never sent; what another gave in the service's place says nothing.
        done = self._final if self._status else bool(self._terms.once and x.sent_at)
        if not done:
            spawn(self._guard.let_go(self._name), name="idempotency")
            return
        reply = None
        if outcome == "served" and self._status and self._size <= self._guard.rule.max_reply_bytes:
            reply = Reply(self._status, self._fields, b"".join(self._pieces))
        record = replace(self._record, done=True, reply=reply)
        spawn(self._guard.settle(self._name, record, self._terms), name="idempotency")


class _Noted:
    """A recast that tells what the service answered."""

    def __init__(self, recast: Recast, watch: _Watch) -> None:
        self.limit = recast.limit
        self._recast = recast
        self._watch = watch

    def wants(self, x: Exchange, head: ReplyDraft) -> bool | Refusal:
        self._watch.replied(head)
        return self._recast.wants(x, head)

    def change(self, x: Exchange, head: ReplyDraft, body: bytes) -> bytes | Refusal:
        return self._recast.change(x, head, body)
