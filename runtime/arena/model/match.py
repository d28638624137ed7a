"""What a route asks of a request besides its host, method and path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Source = Literal["header", "cookie", "query"]
Test = Literal["exact", "prefix", "regex", "present", "absent"]


@dataclass(frozen=True, slots=True)
class Condition:
    """One header, cookie or query parameter of this `name`, and what it must be; `value` is empty where none is compared, and
    for "regex" in RE2's syntax. Where a request holds several of that name, one of them must fit."""

    source: Source
    name: str
    test: Test = "exact"
    value: str = ""
