"""What the gateways count of one service, read from their /metrics, and what came to it between two readings."""

from __future__ import annotations

import asyncio
import re
import urllib.request
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from arena.model.instance import InstanceRow

_SAMPLE = re.compile(r"^(arena_gateway_\w+?)(?:\{(.*)\})? ([0-9.e+]+)$", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_PATIENCE = 2.0  # seconds for one gateway's answer
_KINDS = {
    "arena_gateway_faults_injected_total": "faults",
    "arena_gateway_fallbacks_total": "fallbacks",
    "arena_gateway_hedges_total": "hedges",
}


@dataclass(frozen=True, slots=True)
class Traffic:
    """Requests of one service by status class ("2xx"), and how many of them met a fault on purpose or were answered by a
    fallback. `retries` are those of all services: the gateway counts them together."""

    requests: dict[str, int]
    faults: int = 0
    fallbacks: int = 0
    retries: int = 0

    @property
    def total(self) -> int:
        return sum(self.requests.values())

    @property
    def failed(self) -> int:
        """Answered with a status from 500 to 599."""
        return self.requests.get("5xx", 0)


Reading = dict[str, Traffic]
"""By gateway worker."""


async def read(rows: Sequence[InstanceRow], service: str) -> Reading:
    """Ask every gateway worker among `rows`; those that do not answer are left out."""
    workers = {row.instance: row.endpoint for row in rows if row.kind == "gateway" and row.endpoint}
    pages = await asyncio.gather(*(asyncio.to_thread(_page, endpoint) for endpoint in workers.values()))
    return {name: parse(page, service) for name, page in zip(workers, pages, strict=True) if page}


def parse(page: str, service: str) -> Traffic:
    """A Prometheus page as the traffic of `service`."""
    requests: Counter[str] = Counter()
    of_route: Counter[tuple[str, str]] = Counter()
    routes: set[str] = set()
    retries = 0
    for name, inner, value in _SAMPLE.findall(page):
        labels = dict(_LABEL.findall(inner))
        if name == "arena_gateway_requests_total" and labels.get("service") == service:
            requests[labels["status"]] += int(float(value))
            routes.add(labels["route"])
        elif name == "arena_gateway_retries_total":
            retries += int(float(value))
        elif name in _KINDS:
            of_route[_KINDS[name], labels["route"]] += int(float(value))
    counts: Counter[str] = Counter()
    for (kind, route), count in of_route.items():
        counts[kind] += count if route in routes else 0
    return Traffic(dict(requests), counts["faults"], counts["fallbacks"], retries)


def between(before: Reading, after: Reading) -> Traffic:
    """What came in between, over all workers. One that was restarted counts from its start."""
    requests: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for worker, now in after.items():
        then = before.get(worker, Traffic({}))
        if now.total < then.total:
            then = Traffic({})
        requests.update({status: count - then.requests.get(status, 0) for status, count in now.requests.items()})
        for name in ("faults", "fallbacks", "retries"):
            counts[name] += getattr(now, name) - getattr(then, name)
    seen = {status: count for status, count in sorted(requests.items()) if count}
    return Traffic(seen, counts["faults"], counts["fallbacks"], counts["retries"])


def _page(endpoint: str) -> str:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy comes between us and this machine
    try:
        with opener.open(f"http://{endpoint}/metrics", timeout=_PATIENCE) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""
