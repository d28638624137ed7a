"""Which keys hold secrets, judged by their names."""

from __future__ import annotations

import re

_SECRET = re.compile(r"(secret|passwd|password|token|(?<![a-z])key(?![a-z])|apikey|credential)", re.IGNORECASE)
_HARMLESS = re.compile(
    r"(max|num|count|limit)_?tokens|tokens_?(per|max|limit|count)|tokenizer|token_bucket", re.IGNORECASE
)

_PAIR = re.compile(r"""([A-Za-z0-9_.-]+)(["']?\s*[:=]\s*["']?)([^\s"',}\]]+)""")
_CREDENTIALS = re.compile(r"(://[^\s:/@$]*:)([^\s/@$]+)(?=@)")

MASK = "********"


def is_secret(name: str) -> bool:
    """True for names such as `secret`, `OPENAI_API_KEY`, `db_password`, `accessToken`; false for `max_tokens`."""
    return bool(_SECRET.search(name)) and not _HARMLESS.search(name)


def conceal_credentials(text: str) -> str:
    """Text with the passwords in its URLs (`scheme://user:password@host`) replaced."""
    return _CREDENTIALS.sub(lambda match: match[1] + MASK, text)


def conceal(line: str) -> str:
    """A line of a file with the values of secret-like keys starred out, column for column: quoted lines end up in terminals
    and CI logs. References such as `${VAR}` stay, they give nothing away."""
    starred = _CREDENTIALS.sub(lambda match: match[1] + "*" * len(match[2]), line)
    return _PAIR.sub(_starred, starred)


def _starred(match: re.Match[str]) -> str:
    name, between, value = match.groups()
    hidden = is_secret(name) and value[0] not in "${[&*"
    return f"{name}{between}{'*' * len(value) if hidden else value}"
