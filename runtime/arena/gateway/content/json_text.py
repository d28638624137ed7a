"""JSON as it was written: read into values whose numbers keep their digits, and written back.

Numbers are kept as texts behind a mark that nobody outside can know, so that 1.10, 1E400 and twenty digits leave as they came;
the blanks between values do not. Refused, because two readers of one text must not differ about it: two members of the same
name (RFC 8259 section 4), NaN and Infinity, bytes that are not UTF-8 (section 8.1), and nesting deeper than can be read.
"""

from __future__ import annotations

import json
import re
import secrets
from typing import Any, NoReturn

_MARK = secrets.token_hex(16) + ":"
_NUMBER = re.compile(f'"{_MARK}([-+0-9.eE]+)"')


class BadJson(ValueError):
    """The text is not JSON that has one meaning."""


def read(text: bytes) -> Any:
    """The value of `text`, for `write`. Raises BadJson."""
    try:
        return json.loads(
            text.decode(), object_pairs_hook=_object, parse_float=_kept, parse_int=_kept, parse_constant=_refused
        )
    except UnicodeDecodeError:
        raise BadJson("it is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise BadJson(f"{error.msg} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise BadJson("it is nested too deeply") from None


def write(value: Any) -> bytes:
    """The text of a value as `read` gives it. Raises BadJson when it is nested too deeply."""
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return _NUMBER.sub(r"\1", text).encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can only escape
        return _NUMBER.sub(r"\1", json.dumps(value, separators=(",", ":"))).encode()
    except RecursionError:
        raise BadJson("it is nested too deeply") from None


def _kept(number: str) -> str:
    return _MARK + number


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise BadJson("an object has two members of the same name")
    return members


def _refused(word: str) -> NoReturn:
    raise BadJson(f"{word} is no number in JSON")
