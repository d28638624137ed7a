from __future__ import annotations

import itertools
import typing

from rich.style import Style

from arena.model.instance import Health, Status
from arena_cli.render.palette import INSTANCES, STATES, instance_colours


def test_the_same_project_has_the_same_colours_whatever_speaks_first() -> None:
    names = ["web-1", "gateway-1", "registry-1"]
    assert instance_colours(names) == instance_colours(list(reversed(names)))


def test_neighbours_differ_and_the_palette_starts_again() -> None:
    colours = list(instance_colours([f"w-{index:02}" for index in range(len(INSTANCES) * 2)]).values())
    assert all(one != next_one for one, next_one in itertools.pairwise(colours))


def test_every_state_has_a_colour_that_exists() -> None:
    words = {*typing.get_args(Status), *typing.get_args(Health)} - {"none"}
    assert set(STATES) == words
    for colour in (*STATES.values(), *INSTANCES):
        Style.parse(colour)
