"""The cache of replies."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from arena.config.document.base import (
    STRING,
    STRINGS,
    Duration,
    Flag,
    PositiveDuration,
    Section,
    ShortForm,
    Size,
    listed,
)

_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^`|~-]{1,64}")


def header_name(value: Any) -> Any:
    """The name of a header, lower case; raises ValueError for what is none."""
    if value == "*":
        raise ValueError(
            "should be the name of a header, not '*': what every request has a reply of its own for is not cached"
        )
    if isinstance(value, str) and not _HEADER.fullmatch(value):
        raise ValueError(f"should be the name of a header, not {value!r:.60}")
    return value.lower() if isinstance(value, str) else value


Headers = Annotated[
    list[Annotated[str, BeforeValidator(header_name)]],
    BeforeValidator(listed),
    WithJsonSchema(STRINGS),
    ShortForm(STRING),
]


class CacheSection(Section):
    """Replies to GET are kept and given again, as RFC 9111 has it: for as long as the service says, and to nobody else where
    it does not say that they may be shared. `cache: {}` alone turns it on."""

    later: ClassVar = ("key", "methods", "status", "statuses", "strategy", "heuristic", "bypass")

    ttl: PositiveDuration | None = Field(
        default=None,
        description="How long a reply is fresh that does not say so itself (200, 203, 204, 300, 301 and 308). Default: not at"
        " all; such a reply is kept only if it has an `ETag` or `Last-Modified`, and asked about each time.",
    )
    max_body_bytes: Size = Field(default=1024 * 1024, description="Largest body that is kept.")
    vary: Headers = Field(
        default=[],
        description="Request headers that tell replies apart although the service forgets to say so in `Vary`.",
    )
    stale_while_revalidate: Duration = Field(
        default=0.0,
        description="How long a stale reply is given at once, while the service is asked behind it; where the reply does not"
        " say itself, if it has a lifetime (its own or `ttl`). Default: 0.",
    )
    stale_if_error: Duration = Field(
        default=0.0,
        description="How long a stale reply is given when the service fails (500, 502, 503, 504, or no reply); where the reply"
        " does not say itself. Default: 0.",
    )
    per: Literal["principal", "all"] = Field(
        default="principal",
        description="A reply to a request with credentials or cookies, which does not say that it may be shared (`public`,"
        " `s-maxage`, `must-revalidate`), is kept for this caller alone (principal) or not at all (all).",
    )
    coalesce: Flag = Field(
        default=False,
        description="Of identical requests under way at once one goes to the service, and the others wait for its reply, at"
        " most 5 s. What may not be kept is not shared either.",
    )


class CacheStoreSection(Section):
    """What the replies kept by routes with `cache` may take."""

    later: ClassVar = ("dir", "redis", "path")

    max_bytes: Size = Field(
        default=64 * 1024 * 1024,
        description="All that is kept. What was not asked for longest goes first; in the store of `state`, what is soonest of"
        " no more use. The embedded store has room for 64MB.",
    )
    store: Literal["memory", "state"] = Field(
        default="memory",
        description="Where replies are kept: by each worker in its own memory, or in the store of `state`, by all together; a"
        " reply from there costs a round trip, and what one worker is told to forget, all forget.",
    )
