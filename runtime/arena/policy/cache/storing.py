"""Whether a reply may be kept, and for whom. Source: RFC 9111 sections 3 and 3.5, and stricter where people get hurt:

* A reply to somebody known goes to the shared place only if it says so: `public`, `s-maxage` or `must-revalidate`. Cookies and
  API keys make somebody known just as Authorization does, which the RFC leaves to Vary.
* A reply that sets a cookie is not kept at all, nor one with `Vary: *`, nor one that varies by what this gateway tells the
  service anew with each request, nor one whose Cache-Control cannot be read.
* A reply that varies by whom the gateway says is asking (`X-Arena-Principal`) is for that caller, whatever else it says.
* A compressed reply varies by Accept-Encoding even if it forgets to say so.
"""

from __future__ import annotations

from arena.model.cache import CacheRule
from arena.policy.cache.asking import Asking
from arena.policy.cache.freshness import useful_for
from arena.policy.cache.kept import Kept
from arena.policy.cache.reply import Facts

SHARED = b""
"""The place of replies that are for everybody; other places are named by credentials."""
_PRINCIPAL = b"x-arena-principal"
_STATUSES = frozenset((200, 203, 204, 300, 301, 302, 303, 307, 308, 404, 405, 410, 414, 451, 501))
_OWN = frozenset(
    (b"*", b"x-forwarded-for", b"forwarded", b"x-real-ip", b"x-request-id", b"traceparent", b"tracestate", b"via")
)


def place(asking: Asking, facts: Facts, rule: CacheRule) -> bytes | None:
    """Where the reply to this request may be kept, None for nowhere."""
    said = facts.control
    forbidden = said.broken or said.has(b"no-store") or asking.control.has(b"no-store") or asking.control.broken
    if forbidden or facts.cookies or facts.endless or facts.status not in _STATUSES:
        return None
    if not _OWN.isdisjoint(facts.vary):
        return None
    where = _place(asking, facts, rule)
    return where if where is not None and useful_for(facts, rule, shared=where == SHARED) > 0 else None


def _place(asking: Asking, facts: Facts, rule: CacheRule) -> bytes | None:
    private = facts.control.has(b"private")
    if not private and (not asking.credentials or says_shared(facts)):
        return SHARED
    return asking.credentials if asking.credentials and rule.per == "principal" else None


def says_shared(facts: Facts) -> bool:
    """Whether the reply allows itself to be given to others than whoever asked (RFC 9111 section 3.5)."""
    said = facts.control
    if said.has(b"private") or _PRINCIPAL in facts.vary:
        return False
    return said.has(b"public") or said.has(b"s-maxage") or said.has(b"must-revalidate")


def may_have(kept: Kept, asking: Asking) -> bool:
    """Whether whoever asks may be given what is kept in the shared place: somebody known gets only what says that it may be
    shared, because what a service tells strangers need not be what it tells them."""
    return not asking.credentials or says_shared(kept.facts)


def vary(facts: Facts, rule: CacheRule) -> tuple[bytes, ...]:
    """The request headers that tell variants of this reply apart."""
    names = {*facts.vary, *(name.encode() for name in rule.vary)}
    names.discard(_PRINCIPAL)  # such a reply is in its caller's place
    if facts.coded:
        names.add(b"accept-encoding")
    return tuple(sorted(names))
