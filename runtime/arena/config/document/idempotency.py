"""Requests that may be sent again."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from arena.config.document.base import STRING, STRINGS, Flag, PositiveDuration, Section, ShortForm, Size, listed
from arena.config.document.cache import header_name
from arena.model.transform import GATEWAY_HEADERS

_TAKEN = frozenset(
    ("authorization", "cookie", "x-api-key", "origin", "referer", "user-agent", "date", "cache-control", "pragma", "range",
     "accept", "accept-charset", "accept-encoding", "accept-language", "content-type", "content-encoding", "content-language",
     "content-location", "content-disposition", "content-md5", "content-digest", "if-match", "if-none-match", "if-range",
     "if-modified-since", "if-unmodified-since", "max-forwards", "from", "prefer", "priority", "x-forwarded-client-cert")
)  # fmt: skip
"""What requests say for other reasons: who sends the same twice means no repetition by it."""


def _key_header(value: Any) -> Any:
    name = header_name(value)
    if isinstance(name, str) and (name in _TAKEN or name in GATEWAY_HEADERS):
        raise ValueError(
            f"cannot be {name}, which has a meaning of its own: two requests with the same are not one request"
        )
    return name


HeaderName = Annotated[str, BeforeValidator(_key_header), WithJsonSchema({**STRING, "minLength": 1})]


def _method(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


Methods = Annotated[
    list[Annotated[Literal["POST", "PATCH", "PUT", "DELETE"], BeforeValidator(_method)]],
    BeforeValidator(listed),
    Field(min_length=1),
    WithJsonSchema(STRINGS),
    ShortForm(STRING),
]


class IdempotencySection(Section):
    """A request with an `Idempotency-Key` is carried out at most once: who sends it again gets the first one's reply. Keys are
    each caller's own. `idempotency: {}` alone turns it on."""

    later: ClassVar = ("scope", "store", "wait", "fingerprint")

    ttl: PositiveDuration = Field(default=86400.0, description="How long a reply is remembered. Default: 24h.")
    header: HeaderName = Field(default="idempotency-key", description="The request header with the key.")
    required: Flag = Field(default=False, description="`true` refuses requests without a key, with 400.")
    methods: Methods = Field(default=["POST", "PATCH"], description="The methods it is for.")
    max_reply_bytes: Size = Field(
        default=1024 * 1024,
        description="Longest body of a reply that is remembered. After a longer one, a repeated request is refused with 409.",
    )
    keep_errors: Flag = Field(
        default=True,
        description="After a 5xx a repeated request gets it again, and one that went to the service and got no reply is refused"
        " with 409: the work may have been done. `false` carries both out again, for a service that is safe to ask twice. After"
        " 408, 425, 429 and 503 with `Retry-After`, which say that nothing was done, it always is.",
    )
    on_store_error: Literal["allow", "deny"] = Field(
        default="deny",
        description="What becomes of a request with a key that nobody can remember, because the store of `state` is down, or"
        " there is no more room: refused with 503 (deny), or carried out like one without a key.",
    )
