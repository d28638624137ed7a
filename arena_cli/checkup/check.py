"""One question and its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "warn", "fail", "not_checked"]


@dataclass(frozen=True, slots=True)
class Check:
    """`detail` is what was found; `remedy` is what to do about it, "" when nothing needs doing."""

    name: str
    verdict: Verdict
    detail: str
    remedy: str = ""
