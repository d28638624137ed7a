"""Which keys hold secrets, judged by their names."""

from __future__ import annotations

import re

_SECRET = re.compile(r"(secret|passwd|password|token|(?<![a-z])key(?![a-z])|apikey|credential)", re.IGNORECASE)
_HARMLESS = re.compile(r"(max|num|count|limit)_?tokens|tokens_?(per|max|limit|count)|tokenizer|token_bucket", re.IGNORECASE)

MASK = "********"


def is_secret(name: str) -> bool:
    """True for names such as `secret`, `OPENAI_API_KEY`, `db_password`, `accessToken`; false for `max_tokens`."""
    return bool(_SECRET.search(name)) and not _HARMLESS.search(name)
