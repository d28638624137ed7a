"""Does a long table slow a request down?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from benchmarks.ask import ITEM, Ask
from benchmarks.contenders import arena
from benchmarks.contenders.base import Contender, Missing
from benchmarks.measures.compare import gateway, quotient, sample, with_lines
from benchmarks.pin import Cores
from benchmarks.process import Broken
from benchmarks.result import Figure
from benchmarks.rounds import Pace

NAME = "1,000 routes × 10 endpoints ÷ 10 × 2"
_PACE = Pace(seconds=2, rounds=5)
_CYCLE = """
local requests, n = {}, 0
init = function(args)
  for i = 1, %d do requests[i] = wrk.format("GET", "/bench" .. i .. "/item") end
end
request = function() n = n %% #requests + 1; return requests[n] end
"""


def measure(folder: Path, cores: Cores) -> tuple[Figure, ...]:
    """Requests for each second of the gateway's processor time, with a long table divided by with a short one. Every route
    is asked in turn; all lead to one service, so that both keep as many connections to the origin."""
    few, many = _table("few", 10, 2), _table("many", 1000, 10)
    try:
        found = sample((few, many), folder / "routes", cores, _PACE)
    except (Missing, Broken) as error:
        return (Figure(NAME, None, "×", f"not measured: {error}"),)
    ratio = quotient(found["many"], found["few"], "rate_per_core")
    return (Figure(NAME, ratio, "×", f"req/core-s, median of {_PACE.rounds} rounds, every route asked in turn"),)


def _table(name: str, routes: int, endpoints: int) -> Contender:
    rows = [replace(arena.FULL, name=f"bench{n}", path=f"/bench{n}") for n in range(1, routes + 1)]
    asked: Ask = with_lines(replace(ITEM, path="/bench1/item"), _CYCLE % routes)
    return gateway(name, lambda site: arena.spec(site, rows, access_log=True), asked=asked, endpoints=endpoints)
