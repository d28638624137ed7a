from __future__ import annotations

import pytest

from arena.model.address import Address


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://127.0.0.1:9101", Address("127.0.0.1", 9101)),
        ("http://localhost", Address("localhost", 80)),
        ("https://example.org/v1/", Address("example.org", 443, "https", "/v1")),
        ("http://[::1]:8000", Address("::1", 8000)),
    ],
)
def test_parse(url: str, address: Address) -> None:
    assert Address.parse(url) == address
    assert Address.parse(address.url) == address


@pytest.mark.parametrize(
    "url", ["", "localhost:80", "ftp://a", "http://", "http://a?b=1", "http://u:p@a", "http://a:99999", "http://a/#x"]
)
def test_anything_else_is_refused(url: str) -> None:
    with pytest.raises(ValueError):
        Address.parse(url)
