"""A long table and a short one."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.measures.routes import _table
from benchmarks.site import Site


def test_a_table_has_its_routes_and_endpoints(tmp_path: Path) -> None:
    table = _table("many", 1000, 10, step=100)
    table.launch(Site(tmp_path, 1, 2, "s" * 32))
    assert len(json.loads((tmp_path / "gateway.json").read_text())["routes"]) == 1000
    assert len(json.loads((tmp_path / "snapshot.json").read_text())["endpoints"]) == 10


def test_wrk_asks_every_hundredth(tmp_path: Path) -> None:
    assert "for i = 100, 1000, 100 do" in _table("many", 1000, 10, step=100).asked.script()
    assert "for i = 1, 10, 1 do" in _table("few", 10, 2).asked.script()
