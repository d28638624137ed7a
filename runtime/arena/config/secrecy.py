"""Which keys hold secrets, judged by their names."""

from __future__ import annotations

import re

_SECRET = re.compile(
    r"(secret|passwd|password|token|(?<!public[_-])(?<![a-z])key(?![a-z])|apikey|credential)", re.IGNORECASE
)
_HARMLESS = re.compile(
    r"(max|num|count|limit)_?tokens|tokens_?(per|max|limit|count)|tokenizer|token_bucket", re.IGNORECASE
)
_TLS = re.compile(r"(^|\.)tls\.")
_FILE = re.compile(r"(^|\.)tls(\.certificates(\[\d+\])?)?\.key$")

_PAIR = re.compile(r"""([A-Za-z0-9_.-]+)(["']?\s*[:=]\s*["']?)(\[[^\]]*|[^\s"',}\]{\[][^\s"',}\]]*)""")
_WORD = re.compile(r"""[^\s"',\[]+""")
_CREDENTIALS = re.compile(r"(://[^\s:/@$]*:)([^\s/@$]+)(?=@)")

MASK = "********"


def is_secret(name: str) -> bool:
    """True for names such as `secret`, `OPENAI_API_KEY`, `db_password`, `accessToken`; false for `max_tokens`, and where a key
    stands in a file of its own, such as `gateway.tls.key`."""
    return bool(_SECRET.search(name)) and not _HARMLESS.search(name) and not _FILE.search(name)


def conceal_credentials(text: str) -> str:
    """Text with the passwords in its URLs (`scheme://user:password@host`) replaced."""
    return _CREDENTIALS.sub(lambda match: match[1] + MASK, text)


def conceal(line: str, where: str = "") -> str:
    """A line of a file with the values of secret-like keys starred out, column for column: quoted lines end up in terminals
    and CI logs. References such as `${VAR}` stay, they give nothing away. `where` is what the line is quoted for: in a section
    of TLS a `key` names a file."""
    starred = _CREDENTIALS.sub(lambda match: match[1] + "*" * len(match[2]), line)
    file = "key" if _TLS.search(where) else ""

    def star(match: re.Match[str]) -> str:
        name, between, value = match.groups()
        hidden = is_secret(name) and name != file
        return f"{name}{between}{_WORD.sub(_starred, value) if hidden else value}"

    return _PAIR.sub(star, starred)


def _starred(word: re.Match[str]) -> str:
    return word[0] if word[0][0] in "$&*" else "*" * len(word[0])
