"""Does a long table slow a request down?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from benchmarks.ask import ITEM
from benchmarks.contenders import arena
from benchmarks.contenders.base import Contender, Missing
from benchmarks.measures.compare import gateway, quotient, sample, with_lines
from benchmarks.pin import Cores
from benchmarks.process import Broken
from benchmarks.result import Figure
from benchmarks.rounds import Pace

NAME = "1,000 routes × 10 endpoints ÷ 10 × 2"
EACH = "the same, every one of the 1,000 asked in turn"
_PACE = Pace(seconds=2, rounds=5)
_CYCLE = """
local requests, n = {}, 0
init = function(args)
  for i = %(step)d, %(routes)d, %(step)d do requests[#requests + 1] = wrk.format("GET", "/bench" .. i .. "/item") end
end
request = function() n = n %% #requests + 1; return requests[n] end
"""


def measure(folder: Path, cores: Cores) -> tuple[Figure, ...]:
    """Requests for each second of the gateway's processor time, with a long table divided by with a short one. Ten routes are
    asked in turn, of the long table every hundredth, which shows what its length costs; then every route, which shows also
    what it costs to have the counters and limits of a thousand in the processor's caches. All routes lead to one service,
    so that all keep as many connections to the origin."""
    few, many, each = _table("few", 10, 2), _table("many", 1000, 10, step=100), _table("each", 1000, 10)
    try:
        found = sample((few, many, each), folder / "routes", cores, _PACE)
    except (Missing, Broken) as error:
        return tuple(Figure(name, None, "×", f"not measured: {error}") for name in (NAME, EACH))
    note = f"req/core-s, median of {_PACE.rounds} rounds"
    return (
        Figure(NAME, quotient(found["many"], found["few"], "rate_per_core"), "×", f"{note}; ten routes asked in each"),
        Figure(EACH, quotient(found["each"], found["few"], "rate_per_core"), "×", note),
    )


def _table(name: str, routes: int, endpoints: int, step: int = 1) -> Contender:
    rows = [replace(arena.FULL, name=f"bench{n}", path=f"/bench{n}") for n in range(1, routes + 1)]
    asked = with_lines(replace(ITEM, path="/bench1/item"), _CYCLE % {"step": step, "routes": routes})
    return gateway(name, lambda site: arena.spec(site, rows, access_log=True), asked=asked, endpoints=endpoints)
