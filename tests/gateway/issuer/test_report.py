"""gateway.issuer.report: what is told of the keys of other issuers."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass

from arena.auth.jwt import Verifier
from arena.gateway.issuer import report
from arena.gateway.issuer.source import Condition, Source
from arena.model.project import Jwt
from arena.telemetry import metrics


@dataclass
class Told:
    """A source in this condition."""

    found: Condition | None
    verifier: Verifier

    async def refresh(self) -> bool:
        return False

    def renew(self) -> Awaitable[None] | None:
        return None

    def take_over(self, before: Source) -> None:
        pass

    def condition(self) -> Condition | None:
        return self.found


def sources(**found: Condition | None) -> dict[str, Source]:
    return {name: Told(condition, Verifier(Jwt("s" * 40))) for name, condition in found.items()}


def test_rows() -> None:
    told = sources(b=Condition(0, None, "no answer"), a=Condition(2, 1.23456, "", False, (("ok", 1),)), own=None)
    assert report.rows(told) == [
        {"issuer": "a", "keys": 2, "age_seconds": 1.235, "stale": False, "error": ""},
        {"issuer": "b", "keys": 0, "age_seconds": None, "stale": False, "error": "no answer"},
    ]


def test_metrics() -> None:
    page = metrics.Page()
    report.write(page, sources(a=Condition(2, 9.0, "x", True, (("failed", 3), ("ok", 1)))))
    lines = [line for line in page.text().splitlines() if not line.startswith("#")]
    assert lines == [
        'arena_gateway_issuer_keys{issuer="a"} 2',
        'arena_gateway_issuer_keys_age_seconds{issuer="a"} 9',
        'arena_gateway_issuer_keys_stale{issuer="a"} 1',
        'arena_gateway_issuer_fetches_total{issuer="a",result="failed"} 3',
        'arena_gateway_issuer_fetches_total{issuer="a",result="ok"} 1',
    ]


def test_nothing_to_tell() -> None:
    page = metrics.Page()
    report.write(page, sources(own=None))
    assert "issuer" not in page.text()
