"""Selection and order."""

import pytest

from arena.errors import ConfigError, UsageError
from arena.supervisor.order import require_known, select, start_waves, stop_waves

from .conftest import workload

DB, CACHE = workload("db"), workload("cache")
API = workload("api", "db", "cache")
WEB = workload("web", "api", "elsewhere")
GATEWAY, REGISTRY = workload("gateway", kind="gateway"), workload("registry", kind="registry")
ALL = (WEB, API, DB, CACHE, GATEWAY, REGISTRY)


def names(waves):
    return [[w.name for w in wave] for wave in waves]


def test_who_depends_on_nothing_comes_first():
    assert names(start_waves(ALL)) == [["db", "cache", "gateway", "registry"], ["api"], ["web"]]


def test_stopping_is_the_reverse_with_the_gateway_first_and_the_registry_last():
    assert names(stop_waves(ALL)) == [["gateway"], ["web"], ["api"], ["db", "cache"], ["registry"]]


def test_a_circle_is_named():
    circle = (workload("a", "b"), workload("b", "c"), workload("c", "a"), workload("d"))
    with pytest.raises(ConfigError, match=r"a, b, c$"):
        start_waves(circle)


def test_naming_one_brings_what_it_needs_and_the_components():
    assert [w.name for w in select(ALL, {"api"})] == ["api", "db", "cache", "gateway", "registry"]
    assert [w.name for w in select(ALL, ())] == [w.name for w in ALL]


def test_an_unknown_name_gets_a_suggestion():
    with pytest.raises(UsageError, match="'ap'") as caught:
        select(ALL, {"ap"})
    assert caught.value.hint == "did you mean api?"
    with pytest.raises(UsageError) as caught:
        require_known({"zzz"}, {"b", "a"})
    assert caught.value.hint == "there are: a, b"
