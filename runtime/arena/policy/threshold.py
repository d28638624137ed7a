"""From single answers to a standing: one lost packet must not take an instance out, one lucky answer not bring it back.

Theory. A standing is one of three, with the length of the run of answers that speak against it:

    starting   nobody has judged yet
    in         may be given work
    out        may not

What each answer does (n = `retries`, m = `successes`):

    standing    good answer                  bad answer
    --------    -------------------------    ------------------------------------------------
    starting    in, at once                  run + 1; out when run = n
                                             (in the start period: nothing changes)
    in          run back to 0                run + 1; out when run = n
    out         run + 1; in when run = m     run back to 0

The first good answer ends "starting" at once, as in Envoy and Docker: there is no earlier failure to make up for. It also ends
the start period, as in Docker: whoever has once been in is judged in earnest. HAProxy calls n and m `fall` and `rise`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["starting", "in", "out"]


@dataclass(frozen=True, slots=True)
class Standing:
    """A state, and how many answers in a row have spoken against it."""

    state: State = "starting"
    run: int = 0


@dataclass(frozen=True, slots=True)
class Threshold:
    """`retries` failures in a row → out; `successes` in a row → in again. Raises ValueError for either below 1."""

    retries: int = 3
    successes: int = 1

    def __post_init__(self) -> None:
        if self.retries < 1 or self.successes < 1:
            raise ValueError("retries and successes must be at least 1")

    def judge(self, standing: Standing, ok: bool, *, start_period: bool = False) -> Standing:
        """The standing after one more answer. `start_period`: the answer fell within the start period."""
        if standing.state == "starting":
            return Standing("in") if ok else self._forgive(standing, start_period)
        if ok == (standing.state == "in"):
            return Standing(standing.state)
        return self._count(standing)

    def _forgive(self, standing: Standing, start_period: bool) -> Standing:
        return standing if start_period else self._count(standing)

    def _count(self, standing: Standing) -> Standing:
        run = standing.run + 1
        if standing.state == "out":
            return Standing("in") if run >= self.successes else Standing("out", run)
        return Standing("out") if run >= self.retries else Standing(standing.state, run)
