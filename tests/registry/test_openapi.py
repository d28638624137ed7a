"""registry.openapi: what it allows is what the registry's own reader knows."""

from __future__ import annotations

from arena.registry import payload
from arena.registry.openapi import REGISTRATION

SCHEMA = REGISTRATION["requestBody"]["content"]["application/json"]["schema"]


def test_it_names_the_fields_that_are_read() -> None:
    assert set(SCHEMA["properties"]) == payload._FIELDS
    assert set(SCHEMA["properties"]["check"]["properties"]) == payload._CHECK_FIELDS
