"""When is a request the same one again, and which replies end the matter?

    the key is        and the request is     then
    new               -                      it is carried out, and its reply remembered
    under way         the same or another    409: come back later (409, 422)
    done              the same               the first reply, as it was
    any               another one            422: a key is for one request

Source: draft-ietf-httpapi-idempotency-key-header-06. It has the key as a quoted string (RFC 8941); most clients send it bare,
so that both are read, and are the same key.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

_BARE = re.compile(rb"[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]{1,255}")
_QUOTED = re.compile(rb'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,255})"')
_PASSING = frozenset((408, 425, 429))


def read_key(values: Sequence[bytes]) -> bytes | None:
    """The key, None where there is no header. Raises ValueError that says what is wrong with it."""
    if not values:
        return None
    if len(values) > 1:
        raise ValueError("is there more than once")
    quoted = _QUOTED.fullmatch(values[0])
    if quoted is not None:
        return re.sub(rb"\\(.)", rb"\1", quoted[1])
    if _BARE.fullmatch(values[0]) is None:
        raise ValueError("should be 1 to 255 visible characters, such as a UUID, in quotes or without")
    return values[0]


def fingerprint(method: bytes, target: bytes, body: bytes) -> bytes:
    """What two requests with one key must have in common: method, path with query, and body."""
    made = hashlib.sha256()
    for part in (method, target, body):
        made.update(b"%d:" % len(part))
        made.update(part)
    return made.digest()


def is_final(status: int, *, keep_errors: bool) -> bool:
    """Whether a reply with this status is the one to remember: not when the service says that another try may do better."""
    return status not in _PASSING and (status < 500 or keep_errors)
