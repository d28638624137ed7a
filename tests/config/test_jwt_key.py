"""config.jwt_key: the keys of other issuers. What arena.yaml says about them is tried in test_jwt.py."""

from __future__ import annotations

import pytest

from arena.config.jwt_key import is_safe


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://login.example.org/keys", True),
        ("http://login.example.org/keys", False),
        ("http://127.0.0.1:8080/keys", True),
        ("http://localhost/keys", True),
        ("http://[::1]/keys", True),
        ("http://localhost.example.org/", False),
        ("http://0.0.0.0/", False),
    ],
)
def test_who_may_change_what_is_fetched(url: str, safe: bool) -> None:
    assert is_safe(url) is safe
