"""gateway.insider: the daemon sees what operators see, and nobody else by that way."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from arena.auth import signed, signing_key
from arena.auth.ledger import Ledger
from arena.auth.signed import LEEWAY
from arena.auth.signing_key import SigningKey
from tests.gateway.kit import Gateway, Start, connected, get, nowhere, token
from tests.sdk.kit import Daemon


@pytest.fixture
def daemon(tmp_path: Path) -> Daemon:
    return Daemon(tmp_path / "unused.json", "gateway")


async def ask(gateway: Gateway, credential: str) -> int:
    async with connected(gateway) as client:
        return (await client.ask(get("/breakers", f"Authorization: {credential}\r\n".encode()))).status


async def test_the_daemons_token_opens_the_page(start: Start, tmp_path: Path, daemon: Daemon) -> None:
    file = tmp_path / "signing-keys.json"
    Ledger(file, SigningKey).update(lambda _: [daemon.key])
    gateway = await start(nowhere())
    assert await ask(gateway, f"Bearer {daemon.own()}") == 401, "no keys, no daemon"
    gateway.view.use_spec(replace(gateway.view.spec, signing_keys_file=str(file)))
    assert await ask(gateway, f"Bearer {daemon.own()}") == 200
    assert await ask(gateway, f"bearer  {daemon.own()}") == 200
    assert await ask(gateway, f"Bearer {token('operator')}") == 200, "operators still may"
    claims = {"ttl": 60, "now": time.time(), "roles": ["operator"]}
    for stranger in (
        f"Basic {daemon.own()}",
        f"Bearer {daemon.own()[:-2]}",
        f"Bearer {daemon.own(audience='registry')}",
        f"Bearer {daemon.token('web')}",
        f"Bearer {daemon.token('arena-daemon')}",
        f"Bearer {signed.sign(daemon.key, signed.PRINCIPAL, 'arena-daemon', 'gateway', **claims)}",
        f"Bearer {Daemon(tmp_path, 'gateway', signing_key.make()).own()}",
        f"Bearer {daemon.own(now=time.time() - 60 - LEEWAY - 1)}",
        "Bearer",
        "Bearer \xff",
    ):
        assert await ask(gateway, stranger) in (400, 401), stranger
    assert await ask(gateway, f"Bearer {token('user')}") == 403
