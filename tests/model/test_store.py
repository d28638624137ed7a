"""model.store: redis:// URLs."""

from __future__ import annotations

import pytest

from arena.model.store import StoreAddress


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("redis://h", StoreAddress("h")),
        ("valkey://h:7000", StoreAddress("h", 7000)),
        ("redis://:p%40ss@h:1/3", StoreAddress("h", 1, password="p@ss", database=3)),
        ("redis://u:p@[::1]:2", StoreAddress("::1", 2, username="u", password="p")),
    ],
)
def test_urls(url: str, address: StoreAddress) -> None:
    assert StoreAddress.parse(url) == address
    assert StoreAddress.parse(address.url) == address


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", "`embedded` or a redis:// URL"),
        ("rediss://h", "`embedded` or a redis:// URL"),
        ("http://h", "`embedded` or a redis:// URL"),
        ("redis://", "should have a host"),
        ("redis://h?x=1", "should have a host, and nothing behind"),
        ("redis://h/name", "the number of a database, not 'name'"),
        ("redis://user@h", "a user without a password"),
        ("redis://h:99999", "a port from 1 to 65535"),
        ("redis://h:port", "a port from 1 to 65535"),
    ],
)
def test_what_is_no_store(url: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        StoreAddress.parse(url)


def test_the_password_is_never_shown() -> None:
    address = StoreAddress("h", password="hush")
    assert "hush" not in repr(address)
    assert "hush" not in address.place
