from __future__ import annotations

import pytest
from pydantic import ValidationError

from arena.config.document.gateway import StateSection


@pytest.mark.parametrize("value", ["embedded", "redis://h", "valkey://:p@h:1/2", None])
def test_where_state_is_kept(value: str | None) -> None:
    assert StateSection.model_validate({"valkey": value}).valkey == value


@pytest.mark.parametrize("value", ["", "Embedded", "localhost:6379", "redis://"])
def test_where_it_cannot_be(value: str) -> None:
    with pytest.raises(ValidationError, match=r"embedded|should have a host"):
        StateSection.model_validate({"valkey": value})
