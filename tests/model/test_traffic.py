from __future__ import annotations

from arena.model.traffic import Traffic


def test_each_worker_has_its_part_of_the_connections_to_an_instance() -> None:
    three = Traffic(max_connections=3)
    assert (three.part(2).max_connections, three.part(4).max_connections, three.part(1)) == (2, 1, three)
    assert Traffic().part(2) == Traffic()
