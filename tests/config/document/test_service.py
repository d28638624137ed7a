from __future__ import annotations

import pytest
from pydantic import ValidationError

from arena.config.document.service import ServiceSection


@pytest.mark.parametrize(
    ("given", "port"),
    [("80", (None, 80)), ("81:81", (81, 81)), ("0:80", (None, 80)), ("localhost:81:81/tcp", (81, 81))],
)
def test_ports(given: str, port: tuple[int | None, int]) -> None:
    assert ServiceSection.model_validate({"ports": [given]}).ports == [port]


@pytest.mark.parametrize("given", ["", "a", "80/udp", "0.0.0.0:81:80", "1:2:3", "65536", "70000:80"])
def test_ports_that_are_none(given: str) -> None:
    with pytest.raises(ValidationError, match="port"):
        ServiceSection.model_validate({"ports": [given]})


def test_short_forms_become_long_ones() -> None:
    section = ServiceSection.model_validate(
        {"env_file": "a", "depends_on": ["b"], "restart": "always", "profiles": "p"}
    )
    assert section.env_file[0].path == "a"
    assert section.depends_on["b"].condition == "service_started"
    assert section.restart.when == "always"
    assert section.profiles == ["p"]
