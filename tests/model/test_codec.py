from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.model import codec
from arena.model.address import Address
from arena.model.project import Project
from arena.model.route import RateLimit, Route
from arena.model.service import Dependency, Probe, Service


@dataclass(frozen=True, slots=True)
class Sample:
    name: str
    count: int = 0
    ratio: float = 0.0
    mood: Literal["calm", "wild"] = "calm"
    where: Path = Path("/")
    tags: frozenset[str] = frozenset()
    inner: Address | None = None
    extra: dict[str, int] = field(default_factory=dict)


def round_trip(value: object) -> object:
    return codec.decode(type(value), json.loads(json.dumps(codec.encode(value))))


@given(
    st.builds(
        Sample,
        name=st.text(),
        count=st.integers(),
        ratio=st.floats(allow_nan=False, allow_infinity=False),
        tags=st.frozensets(st.text()),
        extra=st.dictionaries(st.text(), st.integers()),
    )
)
def test_what_is_encoded_comes_back(sample: Sample) -> None:
    assert round_trip(sample) == sample


def test_a_whole_project_comes_back() -> None:
    route = Route("r", "a", "/a", roles=("user",), rate_limits=(RateLimit(1.5, 3),))
    service = Service("a", ("run", "it"), routes=(route,), probe=Probe("/h"), depends_on=(Dependency("b"),))
    outside = Service("b", urls=(Address("127.0.0.1", 1),))
    project = Project("demo", "/p", services=(service, outside))
    assert round_trip(project) == project


@pytest.mark.parametrize(
    ("data", "where"),
    [
        ({}, "Sample.name is missing"),
        ({"name": 3}, "Sample.name"),
        ({"name": "a", "count": "1"}, "Sample.count"),
        ({"name": "a", "count": True}, "Sample.count"),
        ({"name": "a", "ratio": "x"}, "Sample.ratio"),
        ({"name": "a", "mood": "odd"}, "Sample.mood"),
        ({"name": "a", "tags": "abc"}, "Sample.tags"),
        ({"name": "a", "inner": {"host": "h"}}, "Sample.inner.port is missing"),
        ({"name": "a", "extra": []}, "Sample.extra"),
        ([], "Sample"),
        (None, "Sample"),
    ],
)
def test_a_wrong_value_names_its_field(data: object, where: str) -> None:
    with pytest.raises(ValueError, match=where.replace(".", r"\.")):
        codec.decode(Sample, data)


def test_unknown_keys_are_ignored_so_that_versions_may_differ() -> None:
    assert codec.decode(Sample, {"name": "a", "later": 1}) == Sample("a")
