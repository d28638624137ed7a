"""gateway.table.match: one match, told as another service's."""

from __future__ import annotations

from arena.gateway.stats import Stats
from arena.gateway.table.match import Match


def test_of_another_service_it_is_the_same_match_with_that_name_and_those_counters() -> None:
    stats = Stats()
    match = Match(b'"path":"/","route":"r","service":"one"', stats.route("r", "one"), path=b"/x", verdicts={})
    other = match.of("two", stats.route("r", "two"))
    assert (other.log_part, other.path) == (b'"path":"/","route":"r","service":"two"', b"/x")
    assert other.stats is stats.route("r", "two")
    assert other.verdicts is None
    assert match.of("two", stats.route("r", "two")) is other
    assert match.log_part.endswith(b'"one"')
