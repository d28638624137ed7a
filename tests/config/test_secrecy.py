from __future__ import annotations

import pytest

from arena.config.secrecy import conceal, is_secret


@pytest.mark.parametrize(
    "name", ["secret", "API_KEY", "key", "DB_PASSWORD", "accessToken", "JWT_SECRET", "apikey", "PASSWD"]
)
def test_secret(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize(
    "name", ["name", "max_tokens", "tokens_per_minute", "MONKEY", "keyboard", "port", "token_bucket"]
)
def test_harmless(name: str) -> None:
    assert not is_secret(name)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("  secret: abc", "  secret: ***"),
        ('auth: {jwt: {secret: "abc", issuer: me}}', 'auth: {jwt: {secret: "***", issuer: me}}'),
        ("  - API_KEY=abc", "  - API_KEY=***"),
        ("  secret: ${JWT:-}", "  secret: ${JWT:-}"),
        ("  port: 80", "  port: 80"),
        ("  url: http://me:pass@h/", "  url: http://me:****@h/"),
    ],
)
def test_conceal_stars_column_for_column(line: str, shown: str) -> None:
    assert conceal(line) == shown
