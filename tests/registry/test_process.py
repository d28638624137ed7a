import json
import socket
import subprocess

import pytest

from arena.registry.client import RegistryAway


def test_a_taken_port_is_an_error_for_people(make_registry, tmp_path) -> None:
    registry = make_registry()
    second = subprocess.run(registry.command(), cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False)
    (line,) = second.stdout.splitlines()
    told = json.loads(line)
    assert second.returncode == 1
    assert (told["code"], told["level"]) == ("port-taken", "error")
    assert f"port {registry.port} on 127.0.0.1 is taken" in told["event"]
    assert told["hint"]
    assert second.stderr == ""


async def test_without_the_keys_of_tokens_it_is_read_and_not_written(make_registry) -> None:
    registry = make_registry()
    registry.stop()
    registry.daemon.path.unlink()
    registry.start()
    async with registry.client() as client:
        with pytest.raises(RegistryAway, match=r"503 no token can be verified: identity\.json cannot be read"):
            await client.heartbeat("web", "web-1")
        await client.snapshot()
        assert len(registry.events("the identity file is of no use; going on with what was known")) == 1
        registry.daemon.write()
        assert not await client.heartbeat("web", "web-1")


def test_every_line_is_json_with_time_level_and_event(make_registry) -> None:
    registry = make_registry()
    registry.stop()
    lines = [json.loads(line) for line in registry.log().splitlines()]
    assert [line["event"] for line in lines] == ["listening", "stopped"]
    assert all(line["time"] and line["level"] == "info" for line in lines)


def test_an_interrupt_is_a_clean_end_too(make_registry) -> None:
    assert make_registry().stop(2) == 0


def test_it_listens_on_loopback_alone_by_default(make_registry) -> None:
    registry = make_registry()
    assert registry.events("listening")[0]["host"] == "127.0.0.1"
    with socket.create_connection(("127.0.0.1", registry.port)):
        pass
