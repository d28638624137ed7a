"""The data plane without sockets: every variant gets its replies, and nothing stays behind."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from benchmarks import plane
from benchmarks.measures import costs


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    return asyncio.run(plane.run(tmp_path_factory.mktemp("plane"), repeats=1))


def test_every_variant_is_timed(found: dict[str, dict[str, float]]) -> None:
    assert set(found["microseconds"]) == set(plane.VARIANTS)
    assert min(found["microseconds"].values()) > 0


def test_a_request_holds_memory_and_gives_it_back(found: dict[str, float]) -> None:
    assert found["blocks"] > 3  # the exchange, its head and its fields at least
    assert found["left"] < 1


def test_each_cost_is_a_figure_beside_its_base(found: dict[str, dict[str, float]]) -> None:
    figures = {figure.name: figure for figure in costs._figures(found)}
    assert len(figures) == len(plane.VARIANTS) + 2
    times = found["microseconds"]
    assert figures["+ roles"].value == times["roles"] - times[plane.GUARDED]
    assert figures["+ access log"].value == times["access log"] - times[plane.NOTHING]


def test_a_gateway_that_refuses_is_found_out(tmp_path: Path) -> None:
    async def warm() -> None:
        await plane._warm(plane.Bench(tmp_path, plane.Variant(plane.replace(plane._KNOWN, roles=("nobody",)))))

    with pytest.raises(RuntimeError, match="broken off"):
        asyncio.run(warm())
