"""The cache of one route: its last filter, and the first to see its replies.

Authentication, roles and limits come before it, so that a kept reply is given to nobody who could not have asked for it.
Cache-Status (RFC 9211) says what happened.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from time import monotonic, time

from arena.gateway.cache import stand
from arena.gateway.cache.fetch import Fetch
from arena.gateway.cache.flight import Flights, Key
from arena.gateway.cache.key import Way, credentials_of, mark_of, uri_of, way_of
from arena.gateway.cache.shelf import Entry, Question, Store
from arena.gateway.cache.stand import Edit
from arena.gateway.cache.stats import CacheStats, Result
from arena.gateway.exchange import Exchange, Outcome
from arena.gateway.filters.breaker import RouteBreaker
from arena.gateway.flow import errand
from arena.gateway.refusal import Refusal, Reply
from arena.gateway.table.gate import Gate, enter_all
from arena.gateway.wire.reply import ReplyDraft
from arena.gateway.wire.request import changed
from arena.model.cache import CacheRule, Purge
from arena.model.route import Route
from arena.policy.cache.asking import Asking, read
from arena.policy.cache.freshness import age, lifetime, use
from arena.policy.cache.header import by_name

WAIT_SECONDS = 5.0
"""How long a request waits for an identical one before it goes by itself."""
_SAFE = frozenset((b"GET", b"HEAD", b"OPTIONS", b"TRACE"))
_ALIKE = (b"accept", b"accept-encoding", b"accept-language", b"origin")
_NOT_KEPT = Refusal(504, "not-cached", "nothing fresh is kept, and the request says only-if-cached", by_client=True)
Verdict = Refusal | Reply | None


@dataclass(slots=True)
class Cache:
    """What the routes of one gateway share; it survives swaps."""

    store: Store
    stats: CacheStats = field(default_factory=CacheStats)
    flights: Flights = field(default_factory=Flights)
    errands: set[Hashable] = field(default_factory=set)

    def forget(self, uri: bytes) -> None:
        """Keep nothing of this URI that was asked for until now, and let nobody else wait for it."""
        self.flights.part(uri)
        self.store.forget(uri, time())

    async def purge(self, what: Purge, at: float) -> int | None:
        """Keep nothing of what `what` is about that was asked for until `at` (Unix seconds). How many replies went; None when
        that is to be tried again."""
        self.flights.part()
        forgot = await self.store.purge(what, at)
        self.stats.purged += forgot or 0
        return forgot


@dataclass(frozen=True, slots=True)
class Onward:
    """What stands before the service where the cache asks by itself: the `gates` and the `breaker` of the route."""

    gates: Sequence[Gate] = ()
    breaker: RouteBreaker | None = None

    def admits(self, y: Exchange) -> bool:
        """Whether `y` may go on now; then it has its places, and the breaker hears of it."""
        breaker = self.breaker
        if breaker is not None and breaker.is_open(y.began):
            return False
        if not enter_all((*self.gates, *y.service.gates), y):
            return False
        return breaker is None or breaker(y) is None


class RouteCache:
    """A filter for the end of a route's chain, and `edit` for its replies. `edit_inner` is what the route changes of a reply's
    head, None for nothing. `onward` is what stands before the service."""

    def __init__(
        self, route: Route, rule: CacheRule, cache: Cache, edit_inner: Edit | None, onward: Onward | None = None
    ) -> None:
        self.rule = rule
        self.store = cache.store
        self.edit_inner = edit_inner
        self._route = route.name
        self._mark = mark_of(route)
        self._cache = cache
        self._onward = onward or Onward()

    def __call__(self, x: Exchange) -> Verdict | Awaitable[Verdict]:
        method = x.head.method
        if method not in (b"GET", b"HEAD"):
            if method not in _SAFE:
                invalidate(x, self._cache)
            self.tell(x, "bypass", b"fwd=method")
            return None
        headers = by_name(x.fields)
        asking = read(headers, credentials_of(x, headers))
        if asking.bypass or x.head.content_length or x.head.upgrade or (asking.part is not None and method != b"GET"):
            self._pass(x)
            return None
        uri, way = uri_of(x), self.way(x)
        found = self.store.find(uri, way, asking)
        if found is None or isinstance(found, Entry):
            return self._decide(x, uri, asking, found)
        return self._decide_later(x, uri, asking, found)

    def edit(self, x: Exchange, head: ReplyDraft) -> None:
        """What becomes of a reply's head: seen by the fetch as it came, and then changed."""
        if x.taps is not None:
            for tap in x.taps:
                if isinstance(tap, Fetch):
                    tap.arrived(x, head)
        if self.edit_inner is not None:
            self.edit_inner(x, head)

    def way(self, x: Exchange) -> Way:
        """Where the request goes."""
        return way_of(x, self._mark)

    def keep(self, entry: Entry) -> None:
        """Keep a reply."""
        self._cache.stats.stored[self._route] += 1
        self.store.put(entry, self.rule)

    def tell(self, x: Exchange, result: Result, status: bytes) -> None:
        """Count what happened, and say it to the client and the log."""
        self._cache.stats.results[self._route, result] += 1
        x.tell(b"cache-status: arena; " + status)
        x.log_more += b',"cache":"%b"' % result.encode()

    async def _decide_later(self, x: Exchange, uri: bytes, asking: Asking, found: Awaitable[Entry | None]) -> Verdict:
        entry = await found
        if x.over:
            return None
        verdict = self._decide(x, uri, asking, entry)
        return verdict if verdict is None or isinstance(verdict, (Refusal, Reply)) else await verdict

    def _decide(self, x: Exchange, uri: bytes, asking: Asking, found: Entry | None) -> Verdict | Awaitable[Verdict]:
        why = b"miss"  # RFC 9211 section 2.2: of the URI or of its variant, which is not told apart
        if found is not None:
            how = use(found.kept, asking, self.rule, time())
            if how == "fresh":
                return self._give(x, found, asking, "hit", b"hit")
            why = b"request" if asking.control.has(b"no-cache") else b"stale"
        if asking.part is not None:
            self._pass(x)
            return None
        question = Question(uri, self.way(x), asking, found, why)
        if found is not None and how == "meanwhile":
            self._ask_behind(x, question, found)
            return self._give(x, found, asking, "stale", b"hit")
        if asking.control.has(b"only-if-cached"):
            self.tell(x, "miss", b"detail=only-if-cached")
            return _NOT_KEPT
        if not self.rule.coalesce or x.head.method != b"GET" or asking.control.has(b"no-store"):
            Fetch(x, self, question)
            return None
        key = (uri, question.way, asking.credentials, asking.values(_ALIKE), why == b"request")
        if self._cache.flights.find(key) is not None:
            return self._follow(x, question, key)
        self._lead(x, question, key)
        return None

    def _pass(self, x: Exchange) -> None:
        self.tell(x, "bypass", b"fwd=bypass")

    def _give(self, x: Exchange, entry: Entry, asking: Asking, result: Result, status: bytes) -> Reply | Refusal:
        kept = entry.kept
        old = age(kept, time()) or 0.0
        left = lifetime(kept.facts, self.rule, shared=kept.shared) - old
        self.tell(x, result, b"%b; ttl=%d" % (status, left))
        return stand.answer(x, kept, asking, old, self.edit_inner)

    # Several who ask for the same.

    def _lead(self, x: Exchange, question: Question, key: Key) -> None:
        fetch = Fetch(x, self, question)
        if question.found is not None or not question.asking.conditional:
            fetch.flight = self._cache.flights.begin(key)

    async def _follow(self, x: Exchange, question: Question, key: Key) -> Verdict:
        end = monotonic() + WAIT_SECONDS
        asking = question.asking
        while (flight := self._cache.flights.find(key)) is not None:
            landing = await flight.wait(end - monotonic())
            if x.over:
                return None
            if (
                isinstance(landing, Entry)
                and landing.fits(question.way, asking)
                and use(landing.kept, asking, self.rule, time()) == "fresh"
            ):
                return self._give(x, landing, asking, "collapsed", b"fwd=%b; collapsed" % question.why)
            if landing != "left":
                Fetch(x, self, question)
                return None
        self._lead(x, question, key)
        return None

    # Asking while a stale reply is given.

    def _ask_behind(self, x: Exchange, question: Question, found: Entry) -> None:
        key = (found.uri, found.way, found.place, found.values)
        errands = self._cache.errands
        if key in errands:
            return
        y = errand.twin(x, x.match, x.service, "revalidate")
        if not self._onward.admits(y):
            return  # what is kept is given as long as it may be; a later request asks
        errands.add(key)
        y.head = changed(y.head, method=b"GET")
        Fetch(y, self, question)

        def over(_y: Exchange, _outcome: Outcome, _now: float) -> None:
            errands.discard(key)

        y.at_end(over)
        errand.send(y)


def invalidate(x: Exchange, cache: Cache) -> None:
    """Forget what is kept of the URI, unless the service was not asked, or says that the unsafe method did nothing (RFC 9111
    section 4.4). Where no reply came, nobody knows what it did."""
    uri = uri_of(x)

    def end(x: Exchange, outcome: Outcome, _now: float) -> None:
        if x.sent_at and (outcome != "served" or 200 <= x.status < 400):
            cache.forget(uri)

    x.at_end(end)


def invalidator(cache: Cache) -> Callable[[Exchange], None]:
    """A filter for a route that keeps nothing, while another one with the same path does."""

    def check(x: Exchange) -> None:
        if x.head.method not in _SAFE:
            invalidate(x, cache)

    return check
