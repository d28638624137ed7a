from __future__ import annotations

import pytest
from pydantic import ValidationError

from arena.config.document.route import RateLimitSection, RouteSection


@pytest.mark.parametrize(
    "host", ["api.example.org", "localhost", "A_b-1.x", "10.0.0.1", "*.example.org", "*.Org", "*.a.b.c"]
)
def test_hosts(host: str) -> None:
    assert RouteSection.model_validate({"path": "/", "hosts": host}).hosts == [host.lower()]


@pytest.mark.parametrize(
    "host",
    [
        "http://x",
        "x:80",
        "",
        "a..b",
        "-a",
        "a" * 300,
        "*",
        "*.",
        "*a.org",
        "a.*.org",
        "*.*.org",
        "a.*",
        "*..org",
        "**.org",
    ],
)
def test_hosts_that_are_none(host: str) -> None:
    with pytest.raises(ValidationError, match="should be a host name"):
        RouteSection.model_validate({"path": "/", "hosts": [host]})


@pytest.mark.parametrize("path", ["/", "/a-b_c.d~e/", "/caf%C3%A9", "/a%20b", "/v1:beta,x=@1", "/a+b!$&'()*"])
def test_paths(path: str) -> None:
    assert RouteSection.model_validate({"path": path}).path == path


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/café", "/caf%C3%A9"),
        ("/caf%c3%a9", "/caf%C3%A9"),
        ("/%61", "/a"),
        ("/a%", "/a%25"),
        ("/{id}", "/%7Bid%7D"),
        ("/a;v=1", "cannot hold ;"),
        ("/a%2fb", "an encoded slash"),
    ],
)
def test_paths_that_no_request_could_have(path: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        RouteSection.model_validate({"path": path})


def test_a_rate_and_its_burst() -> None:
    limit = RateLimitSection.model_validate({"rate": "60/min"})
    assert (limit.rate, limit.burst, limit.by) == ((1.0, 60), None, "principal")
    with pytest.raises(ValidationError, match="token_bucket"):
        RateLimitSection.model_validate({"rate": "1/s", "algorithm": "leaky"})


@pytest.mark.parametrize(
    ("by", "read"),
    [
        ("role", "role"),
        ("service", "service"),
        ("header:X-Tenant", "header:x-tenant"),
        ("Header:a", None),
        ("tenant", None),
    ]
    + [(f"header:{name}", None) for name in ("", "a b", "host", "X-Forwarded-For", "é")],
)
def test_whom_a_limit_counts(by: str, read: str | None) -> None:
    if read is not None:
        assert RateLimitSection.model_validate({"rate": "1/s", "by": by}).by == read
        return
    with pytest.raises(ValidationError, match=r"should be one of principal|cannot count by"):
        RateLimitSection.model_validate({"rate": "1/s", "by": by})


@pytest.mark.parametrize("name", ["", "a b", 'a"', "x" * 65, "é"])
def test_a_limits_name_fits_a_header(name: str) -> None:
    with pytest.raises(ValidationError, match="should be up to 64 letters"):
        RateLimitSection.model_validate({"rate": "1/s", "name": name})


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ({"algorithm": "fixed_window", "rate": "1/s", "burst": 2}, "a burst, which fixed_window does not know"),
        ({"algorithm": "sliding_log", "rate": "10001/h"}, "log more than 10000 requests"),
        ({"algorithm": "leaky", "rate": "1/s"}, "token_bucket"),
        ({"rate": "1/s", "enforce": "maybe"}, "boolean"),
    ],
)
def test_limits_that_cannot_be(section: dict[str, object], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        RateLimitSection.model_validate(section)


@pytest.mark.parametrize(
    ("more", "mistake"),
    [
        ({"unit": "tokens", "algorithm": "sliding_log"}, "counts tokens, which sliding_log cannot"),
        ({"unit": "tokens", "algorithm": "sliding_counter"}, "use token_bucket or fixed_window"),
        ({"default_max_tokens": 5}, "counts requests: add unit: tokens"),
        ({"unit": "bytes"}, "unit"),
        ({"unit": "tokens", "default_max_tokens": 0}, "default_max_tokens"),
        (
            {"unit": "tokens", "rate": "60/min", "default_max_tokens": 60},
            "no request without max_tokens would ever pass",
        ),
    ],
)
def test_limits_on_tokens_that_make_no_sense(more: dict[str, object], mistake: str) -> None:
    with pytest.raises(ValidationError, match=mistake):
        RateLimitSection.model_validate({"rate": "10/min", **more})
