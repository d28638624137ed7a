"""Dates in headers. Source: RFC 9110 section 5.6.7: the preferred form and the two old ones, and nothing like them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

_MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
_MONTH = rb"(?P<month>" + b"|".join(_MONTHS) + rb")"
_TIME = rb"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
_SHORT, _LONG = rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)", rb"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_FORMS = (
    re.compile(_SHORT + rb", (?P<day>\d\d) " + _MONTH + rb" (?P<year>\d{4}) " + _TIME + rb" GMT"),
    re.compile(_LONG + rb", (?P<day>\d\d)-" + _MONTH + rb"-(?P<year>\d\d) " + _TIME + rb" GMT"),
    re.compile(_SHORT + rb" " + _MONTH + rb" (?P<day>[ \d]\d) " + _TIME + rb" (?P<year>\d{4})"),
)


@lru_cache(maxsize=1024)
def parse(value: bytes) -> float | None:
    """Unix seconds, None for what is no date."""
    found = next((match for form in _FORMS if (match := form.fullmatch(value))), None)
    if found is None:
        return None
    year = int(found["year"])
    if len(found["year"]) == 2:
        year += 2000 if year < 70 else 1900  # a fixed turn: the century of a reply must not depend on today
    try:
        moment = datetime(
            year, _MONTHS.index(found["month"]) + 1, int(found["day"]), int(found["hour"]), int(found["minute"]),
            min(int(found["second"]), 59), tzinfo=UTC,  # a leap second counts as the one before
        )  # fmt: skip
    except ValueError:
        return None
    return moment.timestamp()
