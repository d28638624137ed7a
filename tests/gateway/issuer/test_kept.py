"""gateway.issuer.kept: the project's own token keys, rotated while requests pass."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from arena.auth import token, token_key
from arena.auth.jwt import Verifier
from arena.errors import ConfigError
from arena.gateway.issuer.kept import KeptKeys
from arena.model.project import Jwt
from arena.model.route import Route
from arena.tasks import cancel, spawn
from tests.gateway.kit import Gateway, Start, Stub, connected, get

ROUTES = (Route("any", "web", "/"),)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "token-keys.json"
    token_key.load_or_create(path)
    return path


@pytest.fixture
async def gateway(start: Start, stub: Stub, path: Path) -> AsyncIterator[Gateway]:
    gateway = await start(stub.endpoint(), routes=ROUTES)
    settings = replace(gateway.view.spec.settings, issuers=(Jwt(),))
    gateway.view.use_spec(replace(gateway.view.spec, settings=settings, token_keys_file=str(path)))
    yield gateway


def bearer(key: token_key.TokenKey) -> bytes:
    return b"Authorization: Bearer " + token.issue(key.secret, subject="ann", ttl=60).token.encode() + b"\r\n"


async def test_a_key_made_this_very_moment_is_known_to_the_first_request(gateway: Gateway, path: Path) -> None:
    # Nobody follows the file here: the request itself makes the gateway look.
    old = token_key.load_or_create(path)
    async with connected(gateway) as client:
        assert (await client.ask(get("/", bearer(old)))).status == 200
        new = token_key.rotate(path, 3600.0).present
        assert (await client.ask(get("/", bearer(new)))).status == 200
        assert (await client.ask(get("/", bearer(old)))).status == 200


async def test_without_an_overlap_the_old_key_is_refused_within_a_second(gateway: Gateway, path: Path) -> None:
    follow = spawn(gateway.view.follow_access(), name="access")
    old = bearer(token_key.load_or_create(path))
    async with connected(gateway) as client:
        assert (await client.ask(get("/", old))).status == 200
        new = token_key.rotate(path, 0.0).present
        assert (await client.ask(get("/", bearer(new)))).status == 200

        async def status() -> int:
            return (await client.ask(get("/", old))).status

        began = time.monotonic()
        while await status() != 401:
            assert time.monotonic() - began < 5.0
        reply = await client.ask(get("/", old))
        assert "or no longer" in str(reply.problem(401, "unauthenticated")["detail"])
    await cancel(follow)


async def test_no_request_fails_however_often_it_is_rotated(gateway: Gateway, path: Path) -> None:
    follow = spawn(gateway.view.follow_access(), name="access")
    keys = [token_key.load_or_create(path)]
    async with connected(gateway) as client:
        for _ in range(15):
            keys.append(token_key.rotate(path, 3600.0).present)
            for key in (keys[-1], keys[-2], keys[0]):
                assert (await client.ask(get("/", bearer(key)))).status == 200
    await cancel(follow)


async def test_the_end_of_an_overlap_needs_no_change_of_the_file(path: Path) -> None:
    now = [time.time()]
    verifier = Verifier(Jwt())
    source = KeptKeys(verifier, path, lambda: now[0])
    old = token_key.load_or_create(path)
    token_key.rotate(path, 60.0, now[0])
    await source.refresh()
    assert verifier.keys is not None and verifier.keys.knows(old.kid)
    assert await source.refresh() is False
    now[0] += 60.0
    assert await source.refresh() is True
    assert not verifier.keys.knows(old.kid)
    assert await source.refresh() is False


async def test_forged_ids_make_nobody_read(gateway: Gateway, path: Path) -> None:
    (source,) = gateway.view.access.sources.values()
    assert source.renew() is None
    token_key.rotate(path, 60.0)
    wait = source.renew()
    assert wait is not None
    await wait
    assert source.renew() is None


async def test_a_deleted_file_leaves_the_last_good_keys(path: Path) -> None:
    verifier = Verifier(Jwt())
    source = KeptKeys(verifier, path)
    kept = verifier.keys
    path.unlink()
    await source.refresh()
    assert verifier.keys is kept
    token_key.load_or_create(path)
    await source.refresh()
    assert verifier.keys is not kept


def test_a_gateway_does_not_start_without_a_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no token key"):
        KeptKeys(Verifier(Jwt()), tmp_path / "nothing.json")


async def test_what_is_told_of_them(gateway: Gateway) -> None:
    async with connected(gateway) as client:
        assert b"issuers" not in (await client.ask(get("/health"))).body
