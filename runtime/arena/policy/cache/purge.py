"""What a person wants forgotten of kept replies.

A kept reply belongs to a URI, as the client asked for it, and to a route. A purge names a route, a path or a URL, or none of
them. Paths are compared as the gateway keeps and routes them: canonical, and at segment borders with an encoded slash as a
slash. Of the URL scheme and host are compared without regard to case; a path alone is any scheme's and any host's.

In the air (a purge is a moment, requests are not): what was asked for until that moment may arrive after it, and may not be
kept. So purges are remembered for as long as a request may be under way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from urllib.parse import quote

from arena.model.cache import Purge, PurgeOrder
from arena.policy.path import BadPath, canonical, readings

KEEP_SECONDS = 600.0
"""For how long a purge is remembered."""
MOST = 1000
"""How many of them, the newest."""
_SITE = re.compile(r"(https?://[^/?#@\\\s]+)(.*)", re.IGNORECASE | re.DOTALL)
_SAFE = "/?&=%:@!$'()*+,;~[]{}|\\^`<>\""

Covers = Callable[[bytes, str], bool]
"""Whether a purge is about the reply that is kept for a URI by the route of this name."""


def normal(what: Purge) -> Purge:
    """`what` with its URL as it is compared. Raises ValueError for a URL that no request could have."""
    if not what.url:
        if what.below:
            raise ValueError("everything below what? name a path")
        return what
    site, rest = "", what.url
    if found := _SITE.fullmatch(what.url):
        site, rest = found[1].lower(), found[2]
    path, mark, query = rest.partition("?")
    if site and not path:
        path = "/"
    if not path.startswith("/"):
        raise ValueError(
            "it is neither a path such as /catalogue/hats nor a URL such as https://shop.example/catalogue"
        )
    if "#" in rest or any(sign.isspace() or not sign.isprintable() for sign in rest):
        raise ValueError("no request has a blank or a # in its URL")
    if what.below and mark:
        raise ValueError("a prefix has no query: it stands for every query of its paths")
    try:
        path = canonical(quote(path, _SAFE).encode()).decode()
        readings(path.encode())
    except BadPath as error:
        raise ValueError(str(error)) from None
    return Purge(what.route, f"{site}{path}{mark}{quote(query, _SAFE)}", what.below)


def parts(uri: bytes) -> tuple[bytes, bytes, bytes]:
    """A URI, or a normal URL of a purge, as it is compared: site (b'' for none), path and query."""
    start = 0 if uri.startswith(b"/") else uri.find(b"/", uri.find(b"://") + 3)
    path, mark, query = uri[start:].partition(b"?")
    return uri[:start].lower(), readings(path)[0], mark + query


def border(path: bytes) -> bytes:
    """The prefix that all paths below this one have, and no other."""
    return path.rstrip(b"/")


def covers(what: Purge) -> Covers:
    """What `what`, which is normal, is about."""
    site, path, query = parts(what.url.encode()) if what.url else (b"", b"", b"")
    start = border(path)

    def check(uri: bytes, route: str) -> bool:
        if what.route and route != what.route:
            return False
        if not what.url:
            return True
        here = parts(uri)
        if site and here[0] != site:
            return False
        if what.below:
            return here[1].startswith(start) and here[1][len(start) : len(start) + 1] in (b"", b"/")
        return here[1:] == (path, query)

    return check


def added(orders: Iterable[PurgeOrder], new: PurgeOrder) -> list[PurgeOrder]:
    """The list with `new` behind it, without what need not be remembered any more. Two orders have two times."""
    kept = [order for order in orders if new.at - order.at < KEEP_SECONDS][1 - MOST :]
    at = max([new.at, *(order.at + 1e-3 for order in kept[-1:])])
    return [*kept, PurgeOrder(new.what, at)]
