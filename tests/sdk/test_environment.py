import pytest

from arena.errors import ConfigError
from arena.sdk import Environment

FULL = {
    "SERVICE_DISCOVERY_URL": "http://127.0.0.1:8500/",
    "ARENA_SERVICE_NAME": "demo",
    "ARENA_INSTANCE_ID": "demo-1",
    "PORT": "9001",
    "ARENA_IDENTITY_FILE": "/f",
}


def test_reads_what_arena_says() -> None:
    assert Environment.read(FULL) == Environment("demo", "demo-1", "http://127.0.0.1:8500", 9001, "/f")
    assert not Environment.read(FULL).alone
    assert Environment.read(FULL).url == "http://127.0.0.1:9001"


@pytest.mark.parametrize("name", FULL)
def test_one_variable_short_is_alone_and_names_it(name: str) -> None:
    short = Environment.read({key: value for key, value in FULL.items() if key != name})
    assert short.alone
    assert short.missing == (name,)
    assert Environment.read(FULL | {name: ""}).missing == (name,)


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", "80.0", "٣", " 80"])
def test_a_port_that_is_none_is_an_error(port: str) -> None:
    with pytest.raises(ConfigError, match="not a TCP port"):
        Environment.read(FULL | {"PORT": port})
