"""One instance of three answers well, and a hundred times later than the others: what of that each remedy leaves to clients."""

from __future__ import annotations

import time
from contextlib import ExitStack

import pytest

from tests.chaos.conftest import Tell
from tests.chaos.load import Load
from tests.chaos.wretch import LATE, late
from tests.e2e.conftest import Sandbox
from tests.e2e.load import CALLERS
from tests.ports import free_port

SECONDS = 8.0
SLOW = 0.9 * min(LATE)
SLOW_CALLS = 5

QUICK = """
  quick-%d:
    command: python echo_service.py
    ports: ["%d:%d"]
    healthcheck: {http: /health, interval: 1s}
"""
# Each beside `nothing`, which takes every instance in its turn and has none.
REMEDIES = {
    "nothing": "{balance: round_robin, breaker: {disable: true}}",
    "breaker": "{balance: round_robin, breaker: {slow_after: 500ms, slow_rate: 0.5, min_requests: 5, open_for: 60s}}",
    "retries": "{retries: {per_try_timeout: 300ms, attempts: 3}}",
    "hedge": "{breaker: {disable: true}, retries: {budget: 0.5}}",
    "peak-ewma": "{balance: peak_ewma, breaker: {disable: true}}",
}
ONE = """
  {name}:
    url: {urls}
    traffic: {remedy}
    routes: [{{path: /{name}, strip_path: true, auth: none{more}}}]
"""


@pytest.mark.timeout(120)
def test_what_is_left_of_a_slow_instance(sandbox: Sandbox, tell: Tell) -> None:
    ports = [free_port(), free_port()]
    with late() as slow:
        urls = [f"http://127.0.0.1:{port}" for port in (*ports, slow)]
        services = [QUICK % (number, port, port) for number, port in enumerate(ports)]
        for name, remedy in REMEDIES.items():
            more = ", hedge: 100ms" if name == "hedge" else ""
            services.append(ONE.format(name=name, urls=urls, remedy=remedy, more=more))
        sandbox.write("".join(services))
        sandbox.arena("up", "-d")
        sandbox.arena("up", "-d", *REMEDIES)  # until all of them are registered
        loads = {name: Load(sandbox.port, "", f"/{name}/") for name in REMEDIES}
        with ExitStack() as stack:
            for load in loads.values():
                stack.enter_context(load)
            time.sleep(SECONDS)
    for name, load in loads.items():
        tell(f"{name:<10} {share(load):7.3%} slow, 99 % within {quantile(load, 0.99):.3f} s; {load}")
        assert load.swapped == 0 and load.failed <= load.total / 1000, (name, load)
    waited = {name: slow_ones(load) for name, load in loads.items()}
    assert share(loads["nothing"]) > 0.2, "else nothing is shown"
    # It opens at the fifth slow reply; each caller may wait for one more by then.
    assert waited["breaker"] <= SLOW_CALLS + len(CALLERS)
    assert share(loads["retries"]) <= 0.01
    assert share(loads["hedge"]) <= 0.01
    # Until the first reply nobody knows how slow it is.
    assert waited["peak-ewma"] <= 2 * len(CALLERS)


def slow_ones(load: Load) -> int:
    return sum(seconds >= SLOW for seconds in load.seconds)


def share(load: Load) -> float:
    return slow_ones(load) / len(load.seconds)


def quantile(load: Load, part: float) -> float:
    return sorted(load.seconds)[int(part * (len(load.seconds) - 1))]
