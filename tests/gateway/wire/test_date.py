"""gateway.wire.date: when a reply was made."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from time import time

from arena.gateway.wire.date import DateLine


def test_it_is_the_date_of_the_rfc() -> None:
    assert DateLine().at(784111777) == b"date: Sun, 06 Nov 1994 08:49:37 GMT"


def test_a_second_is_made_once_and_then_left() -> None:
    line = DateLine()
    assert line.at(5) is line.at(5)
    assert line.at(6) == b"date: Thu, 01 Jan 1970 00:00:06 GMT"


def test_now_is_now() -> None:
    told = parsedate_to_datetime(DateLine().now().removeprefix(b"date: ").decode()).timestamp()
    assert time() - 5 < told <= time()
