"""What roles, scopes and names of keys may be called."""

from __future__ import annotations

import re

from arena.errors import UsageError

_NAME = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,256}", re.ASCII)  # RFC 6749 appendix A.4: scope-token


def check_name(name: str, what: str) -> str:
    """The name itself. Raises UsageError for what no header or log line can carry; `what` is the option it came from."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"the {what} {name!r:.60} must be a word without spaces or quotes", hint=f"such as --{what} user"
        )
    return name
