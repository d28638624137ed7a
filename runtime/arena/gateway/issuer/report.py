"""What /health and /metrics say of the keys of other issuers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from arena.gateway.issuer.source import Condition, Source
from arena.telemetry import metrics


def rows(sources: Mapping[str, Source]) -> list[dict[str, object]]:
    """For each issuer whose keys come from elsewhere: how many there are, how old they are, whether they are stale, and what
    is wrong."""
    return [
        {
            "issuer": issuer,
            "keys": found.keys,
            "age_seconds": None if found.age is None else round(found.age, 3),
            "stale": found.stale,
            "error": found.error,
        }
        for issuer, found in _conditions(sources)
    ]


def write(page: metrics.Page, sources: Mapping[str, Source]) -> None:
    """The same as metrics."""
    told = list(_conditions(sources))
    if not told:
        return
    page.gauge(
        "arena_gateway_issuer_keys", "Keys of an issuer in use.", [({"issuer": who}, one.keys) for who, one in told]
    )
    page.gauge(
        "arena_gateway_issuer_keys_age_seconds",
        "Since they were last had.",
        [({"issuer": who}, one.age) for who, one in told if one.age is not None],
    )
    page.gauge(
        "arena_gateway_issuer_keys_stale",
        "1 when they could not be had again and are used all the same.",
        [({"issuer": who}, int(one.stale)) for who, one in told],
    )
    page.counter(
        "arena_gateway_issuer_fetches_total",
        "Times they were asked for, by result.",
        [({"issuer": who, "result": result}, n) for who, one in told for result, n in one.fetches],
    )


def _conditions(sources: Mapping[str, Source]) -> Iterable[tuple[str, Condition]]:
    for issuer, source in sorted(sources.items()):
        found = source.condition()
        if found is not None:
            yield issuer, found
