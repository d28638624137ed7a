"""gateway.cache.flight."""

from __future__ import annotations

import asyncio

import pytest

from arena.gateway.cache.flight import Flights
from tests.gateway.cache.test_shelf import entry


async def test_all_who_wait_are_told_once() -> None:
    flights = Flights()
    flight = flights.begin("key")
    assert flight is not None and flights.find("key") is flight
    waiting = [asyncio.create_task(flight.wait(5.0)) for _ in range(3)]
    await asyncio.sleep(0)
    kept = entry()
    flight.land(kept)
    flight.land("left")
    assert await asyncio.gather(*waiting) == [kept] * 3
    assert flights.find("key") is None and flights.begin("key") is not None


async def test_waiting_has_an_end() -> None:
    flights = Flights()
    flight = flights.begin("key")
    assert flight is not None
    assert await flight.wait(0.01) == "alone"
    assert await flight.wait(-1.0) == "alone"


async def test_what_was_in_vain_is_remembered_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    flights = Flights()
    flight = flights.begin("key")
    assert flight is not None
    flight.land("alone", remember=True)
    assert flights.begin("key") is None
    monkeypatch.setattr("arena.gateway.cache.flight.monotonic", lambda: float("inf"))
    assert flights.begin("key") is not None


async def test_no_more_is_remembered_than_there_is_room_for() -> None:
    flights = Flights()
    for number in range(5000):
        flight = flights.begin(number)
        assert flight is not None
        flight.land("alone", remember=True)
    assert len(flights._alone) <= 4096
