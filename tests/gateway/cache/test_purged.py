"""gateway.cache.purged: a reply that was on its way while it was purged."""

from __future__ import annotations

from arena.gateway.cache.purged import Purged
from arena.model.cache import Purge

WAY = ("shop:0123456789abcdef", "web", b"/", b"")


def test_what_was_asked_for_before_is_not_kept_after() -> None:
    purged = Purged()
    assert not purged.forbids(b"http://a/x", WAY, 1.0)
    purged.add(Purge("shop", "/x"), 10.0)
    assert purged.forbids(b"http://a/x", WAY, 10.0)
    assert not purged.forbids(b"http://a/x", WAY, 10.1)
    assert not purged.forbids(b"http://a/y", WAY, 9.0)
    assert not purged.forbids(b"http://a/x", ("shopping:0123456789abcdef", *WAY[1:]), 9.0)
    purged.add(Purge(), 20.0)
    assert purged.forbids(b"http://a/y", WAY, 19.0)
