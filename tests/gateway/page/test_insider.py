"""gateway.insider: the daemon sees what operators see, and nobody else by that way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from arena.auth import service_token
from arena.auth.secret import load_or_create
from tests.gateway.kit import Gateway, Start, connected, get, nowhere, token


async def ask(gateway: Gateway, credential: str) -> int:
    async with connected(gateway) as client:
        return (await client.ask(get("/breakers", f"Authorization: {credential}\r\n".encode()))).status


async def test_the_daemons_token_opens_the_page(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "service"
    secret = load_or_create(file)
    gateway = await start(nowhere())
    own = service_token.mint_operator(secret)
    assert await ask(gateway, f"Bearer {own}") == 401, "no secret file, no daemon"
    gateway.view.use_spec(replace(gateway.view.spec, service_secret_file=str(file)))
    assert await ask(gateway, f"Bearer {own}") == 200
    assert await ask(gateway, f"bearer  {own}") == 200
    assert await ask(gateway, f"Bearer {token('operator')}") == 200, "operators still may"
    for stranger in (
        f"Basic {own}",
        f"Bearer {own[:-2]}",
        f"Bearer {service_token.mint(secret, 'web')}",
        f"Bearer {service_token.mint_operator('x' * 40)}",
        f"Bearer {service_token.mint_operator(secret, ttl=1.0, now=1000.0)}",
        "Bearer",
        "Bearer \xff",
    ):
        assert await ask(gateway, stranger) in (400, 401), stranger
    assert await ask(gateway, f"Bearer {token('user')}") == 403


async def test_without_the_file_there_is_no_daemon(start: Start, tmp_path: Path) -> None:
    gateway = await start(nowhere())
    missing = tmp_path / "none"
    gateway.view.use_spec(replace(gateway.view.spec, service_secret_file=str(missing)))
    assert await ask(gateway, f"Bearer {service_token.mint_operator('x' * 40)}") == 401
    assert not missing.exists(), "asking makes no secret"
