"""The cache of replies: what a route asks of it, and what the gateway gives it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class CacheRule:
    """How the replies of one route are kept. Times are seconds, sizes bytes of body.

    `ttl` is how long a reply is fresh that does not say so itself, None for not at all. `vary` names request headers, lower
    case, that tell replies apart whether or not the service says so. The two `stale_…` apply where a reply does not speak of
    them. `per` "principal": a reply to somebody known, which it does not allow to be shared, is kept for them alone; "all":
    it is not kept. `coalesce`: identical requests wait for the first of them.
    """

    ttl: float | None = None
    max_body_bytes: int = 1024 * 1024
    vary: tuple[str, ...] = ()
    stale_while_revalidate: float = 0.0
    stale_if_error: float = 0.0
    per: Literal["principal", "all"] = "principal"
    coalesce: bool = False


@dataclass(frozen=True, slots=True)
class CacheSettings:
    """`max_bytes` bounds all that is kept: by each worker in its memory, or together in the `state` store."""

    max_bytes: int = 64 * 1024 * 1024
    store: Literal["memory", "state"] = "memory"


@dataclass(frozen=True, slots=True)
class Purge:
    """What is to be forgotten of kept replies: what fits all that is said here, and everything where nothing is. `route` is a
    route's name. `url` is a path (`/catalogue/hats?size=9`), of any host, or a whole URL; with `below` it has no query, and
    stands for every query of it and for all the paths below."""

    route: str = ""
    url: str = ""
    below: bool = False


@dataclass(frozen=True, slots=True)
class PurgeOrder:
    """A purge, and when it was ordered (Unix seconds): what the service was asked for until then is not kept."""

    what: Purge
    at: float


@dataclass(frozen=True, slots=True)
class PurgeRow:
    """How many kept replies one gateway worker forgot ("" for the only one)."""

    worker: str
    forgot: int
