"""`.env` files: `KEY=value` lines, read as compose reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from arena.config.interpolate import InterpolationError, expand
from arena.config.report import Report
from arena.config.tree import Mark, Source

_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.-]*)\s*=\s*(.*?)\s*")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$$"}


def parse(
    label: str, text: str, env: Mapping[str, str], report: Report, keep: frozenset[str] = frozenset()
) -> dict[str, str]:
    """The file's variables. Unquoted and "double-quoted" values are interpolated from `env` and the lines above;
    'single-quoted' ones are literal; variables in `keep` stay references. Lines that make no sense are reported."""
    source = Source(label, tuple(line.rstrip("\r") for line in text.removeprefix("\ufeff").split("\n")))
    found: dict[str, str] = {}
    for number, line in enumerate(source.lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if not match:
            report.problem(_mark(source, number), (), "is not a KEY=value line", "start comments with #")
            continue
        try:
            found[match[1]] = _value(match[2], {**found, **env}, keep)
        except InterpolationError as error:
            report.problem(_mark(source, number).seek(error.fragment), (match[1],), str(error), error.hint)
        except ValueError as error:
            report.problem(_mark(source, number), (match[1],), str(error))
    return found


def _mark(source: Source, line: int) -> Mark:
    return Mark(source, line, 1)


def _value(raw: str, env: Mapping[str, str], keep: frozenset[str]) -> str:
    if raw[:1] == "'":
        return _quoted(raw, "'")
    if raw[:1] == '"':
        return expand(_unescape(_quoted(raw, '"')), env, keep).text
    return expand(re.split(r"(?:^|\s)#", raw, maxsplit=1)[0].rstrip(), env, keep).text


def _quoted(raw: str, quote: str) -> str:
    """The text between the quotes; only a comment may follow."""
    end = 1
    while end < len(raw) and raw[end] != quote:
        end += 2 if quote == '"' and raw[end] == "\\" else 1
    rest = raw[end + 1 :].strip()
    if end >= len(raw) or (rest and not rest.startswith("#")):
        raise ValueError(f"the value's {quote} is not closed on its line")
    return raw[1:end]


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[0]), text)
