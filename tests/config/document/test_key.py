from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from arena.config.document.key import LimitKey, SplitKey

LIMIT, SPLIT = TypeAdapter(LimitKey), TypeAdapter(SplitKey)


@pytest.mark.parametrize(("given", "read"), [("ip", "ip"), ("role", "role"), ("header:X-Tenant", "header:x-tenant")])
def test_keys_of_limits(given: str, read: str) -> None:
    assert LIMIT.validate_python(given) == read


@pytest.mark.parametrize(("given", "read"), [("ip", "ip"), ("Cookie:Id", "cookie:Id"), ("header:X-A", "header:x-a")])
def test_keys_of_splits(given: str, read: str) -> None:
    assert SPLIT.validate_python(given) == read


@pytest.mark.parametrize("given", ["", "header", "header:", "header:a b", "header:Host", "cookie:id", "mood", "IP"])
def test_no_keys_of_limits(given: str) -> None:
    with pytest.raises(ValidationError):
        LIMIT.validate_python(given)


@pytest.mark.parametrize("given", ["role", "route", "service", "cookie:", "cookie:a=b", "cookie:a;b", "header:host"])
def test_no_keys_of_splits(given: str) -> None:
    with pytest.raises(ValidationError):
        SPLIT.validate_python(given)
