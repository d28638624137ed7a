from __future__ import annotations

import pytest

from arena.config.secrecy import conceal, is_secret


@pytest.mark.parametrize(
    "name",
    [
        "secret",
        "API_KEY",
        "key",
        "DB_PASSWORD",
        "accessToken",
        "JWT_SECRET",
        "apikey",
        "PASSWD",
        "PUBLIC_KEY_PASSWORD",
        "services.tls.environment.key",
        "services.a.environment.tls_key",
    ],
)
def test_secret(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        "name",
        "max_tokens",
        "tokens_per_minute",
        "MONKEY",
        "keyboard",
        "port",
        "token_bucket",
        "public_key",
        "gateway.tls.key",
        "services.a.tls.key",
        "gateway.tls.certificates[12].key",
    ],
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
        ("jwt: {secret: abc}", "jwt: {secret: ***}"),
        ("secret: [abc, ${NEW}, 'de f']", "secret: [***, ${NEW}, '** *']"),
        ("secret: [", "secret: ["),
        ('secret: "a b" # why', 'secret: "* *" # why'),
        ("secret: a bc  # why", "secret: * **  # why"),
        ("{secret: a bc, port: 80}", "{secret: * **, port: 80}"),
        ("{secret: 'it''s, {b}', port: 80}", "{secret: '**''*, ***', port: 80}"),
        (r'secret: "a\"b c"', r'secret: "**"* *"'),
        ('secret: "a b', 'secret: "* *'),
        ("command: run --token=abc --port 80", "command: run --token=*** --port 80"),
        ("secret: *anchor", "secret: *anchor"),
        ("  url: http://me:pass@h/", "  url: http://me:****@h/"),
    ],
)
def test_conceal_stars_column_for_column(line: str, shown: str) -> None:
    assert conceal(line) == shown


@pytest.mark.parametrize("where", ["gateway.auth.jwt.secret", "gateway.auth.jwt[1].secret[0]"])
def test_a_secret_on_a_line_of_its_own(where: str) -> None:
    assert conceal("    - a 'bc, d'", where) == "    - * '**, *'"
    assert conceal("    - a 'bc, d'", "gateway.auth.jwt.issuer") == "    - a 'bc, d'"


@pytest.mark.parametrize("where", ["gateway.tls.key", "gateway.tls.certificates[0].cert", "services.web.tls.key"])
def test_where_a_key_is_in_a_file_the_files_name_is_shown_and_nothing_else(where: str) -> None:
    line = "tls: {key: site-key.pem, password: abc}"
    assert conceal(line, where) == line.replace("abc", "***")
    assert conceal(line, "services.web.command") == line.replace("abc", "***").replace("site-key.pem", "************")
