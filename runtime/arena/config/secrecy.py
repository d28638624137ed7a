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

_QUOTED = r""""(?:[^"\\]|\\.)*"?|'(?:[^']|'')*'?"""  # may hold anything
_PLAIN = r"""[^\s"',}\]{\[][^\s"',}\]]*"""
_MORE = r"""(?:\s+[^\s"',}\]{\[#][^\s"',}\]]*)*"""  # behind `key: ` a value may have several words
_NAME = re.compile(r"""(?<![A-Za-z0-9_.-])([A-Za-z0-9_.-]+)["']?\s*[:=]\s*""")
_VALUE = re.compile(rf"{_QUOTED}|\[[^\]]*|(?<=\s){_PLAIN}{_MORE}|{_PLAIN}")
_INDEX = re.compile(r"(\[\d+\])+$")
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
    of TLS a `key` names a file, and a secret may stand on a line without its key."""
    starred = _CREDENTIALS.sub(lambda match: match[1] + "*" * len(match[2]), line)
    file = "key" if _TLS.search(where) else ""
    last = _INDEX.sub("", where).rpartition(".")[2]
    if last != file and is_secret(last) and last not in line:
        return _WORD.sub(_starred, starred)

    shown, at = "", 0
    while (name := _NAME.search(starred, at)) is not None:
        shown, at = shown + starred[at : name.end()], name.end()
        value = _VALUE.match(starred, at) if is_secret(name[1]) and name[1] != file else None
        if value is not None:
            shown, at = shown + _WORD.sub(_starred, value[0]), value.end()
    return shown + starred[at:]


def _starred(word: re.Match[str]) -> str:
    return word[0] if word[0][0] in "$&*" or word[0] == "-" else "*" * len(word[0])
