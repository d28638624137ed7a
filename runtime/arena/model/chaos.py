"""Faults that a person asked for while the project runs: the list that gateways follow."""

from __future__ import annotations

from dataclasses import dataclass

from arena.model.resilience import Fault


@dataclass(frozen=True, slots=True)
class Injection:
    """A `fault` for all requests to `service`, until `until` (Unix seconds), when it is over whoever is left to end it."""

    id: str
    service: str
    fault: Fault
    until: float
