"""When is a request the same one again, and which replies end the matter?

    the key is        and the request is     then
    new               -                      it is carried out, and its reply remembered
    under way         the same or another    409: come back later (409, 422)
    done              the same               the first reply, as it was
    any               another one            422: a key is for one request

Carried out at most once: again only when it is known that nothing was done.

    the first request                                the same one again
    was never sent to the service                    is carried out
    got 408, 425, 429, or 503 with Retry-After       is carried out: by these a service says that it did not begin
    got any other reply, errors as well              gets that reply
    was sent, and its reply never came or broke off  409: somebody must find out

A 5xx may come after the work was done; who is safe to ask twice can have it carried out again (`keep_errors` false).

Sources: draft-ietf-httpapi-idempotency-key-header-06 (a retry after completion gets the result, "success or an error"), and
Stripe's API, which keeps 500s too, and nothing where no work was begun. The draft has the key as a quoted string (RFC 8941);
most clients send it bare, so that both are read, and are the same key. RFC 9110 section 15.6.4 (503) and RFC 6585 (429).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

_BARE = re.compile(rb"[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]{1,255}")
_QUOTED = re.compile(rb'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,255})"')
_NOT_BEGUN = frozenset((408, 425, 429))


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


def is_final(status: int, *, comes_back: bool, keep_errors: bool) -> bool:
    """Whether a reply with this status is the one to remember. `comes_back`: it says when to ask again (Retry-After)."""
    if status in _NOT_BEGUN or (status == 503 and comes_back):
        return False
    return status < 500 or keep_errors
