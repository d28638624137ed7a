import subprocess
import sys

import pytest

from arena.health.probe import ask
from arena.model.service import Probe


async def test_a_command_that_never_ends_is_cut_off() -> None:
    result = await ask(Probe(command=("/bin/sh", "-c", "sleep 60"), timeout=0.2), None)
    assert (result.ok, result.detail) == (False, "no answer within 0.2 s")
    assert 0.2 <= result.seconds < 5


async def test_a_command_probe_needs_no_address() -> None:
    assert (await ask(Probe(command=("/bin/sh", "-c", "test $X = 1")), None, environment={"X": "1"})).ok


async def test_an_http_probe_without_an_address_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="address"):
        await ask(Probe(http="/health"), None)


def test_importing_the_probe_loads_no_http_client() -> None:
    code = "import sys, arena.health.probe; sys.exit('httpx' in sys.modules)"
    assert subprocess.run([sys.executable, "-I", "-c", code], check=False).returncode == 0
