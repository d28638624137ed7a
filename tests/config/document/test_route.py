from __future__ import annotations

import pytest
from pydantic import ValidationError

from arena.config.document.route import RateLimitSection, RouteSection


@pytest.mark.parametrize("host", ["api.example.org", "localhost", "A_b-1.x", "10.0.0.1"])
def test_hosts(host: str) -> None:
    assert RouteSection.model_validate({"path": "/", "hosts": host}).hosts == [host.lower()]


@pytest.mark.parametrize("host", ["*.example.org", "http://x", "x:80", "", "a..b", "-a", "a" * 300])
def test_hosts_that_are_none(host: str) -> None:
    with pytest.raises(ValidationError, match="should be a host name"):
        RouteSection.model_validate({"path": "/", "hosts": [host]})


def test_a_rate_and_its_burst() -> None:
    limit = RateLimitSection.model_validate({"rate": "60/min"})
    assert (limit.rate, limit.burst, limit.by) == ((1.0, 60), None, "principal")
    with pytest.raises(ValidationError, match="token_bucket"):
        RateLimitSection.model_validate({"rate": "1/s", "algorithm": "leaky"})
