"""What subjects, ids, roles, scopes and names of keys may be called."""

from __future__ import annotations

import re

from arena.errors import UsageError

_NAME = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,256}", re.ASCII)  # RFC 6749 appendix A.4: scope-token
KEY_SUBJECT = "key:"
CERTIFICATE_SUBJECT = "cert:"
_RESERVED = {KEY_SUBJECT: "the bearers of API keys", CERTIFICATE_SUBJECT: "the bearers of client certificates"}
_LONGEST = 256  # characters: they end in logs and headers


def is_label(text: str) -> bool:
    """Whether a token may carry this as a subject, role, scope or id."""
    return 0 < len(text) <= _LONGEST and text.isprintable()


def who_is_called_so(subject: str) -> str:
    """Whose subjects alone begin as this one does, '' where a token may be for it: else a token could pass for one of them."""
    return next((who for prefix, who in _RESERVED.items() if subject.startswith(prefix)), "")


def check_label(text: str, what: str, hint: str) -> str:
    """The label itself. Raises UsageError; `what` is what it names: "subject"."""
    if not is_label(text):
        raise UsageError(f"the {what} must be 1 to {_LONGEST} printable characters", hint=hint)
    return text


def check_name(name: str, what: str) -> str:
    """The name itself. Raises UsageError for what no header or log line can carry; `what` is the option it came from."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"the {what} {name!r:.60} must be a word of at most {_LONGEST} ASCII characters, without spaces or quotes",
            hint=f"such as --{what} user",
        )
    return name
