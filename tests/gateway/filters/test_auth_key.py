"""gateway.filters.auth: API keys."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from arena.auth import api_key
from arena.auth.api_key import ApiKey, KeyUse
from arena.auth.ledger import Ledger
from arena.model.route import Route
from arena.tasks import cancel, spawn
from tests.gateway.kit import PATIENCE, Gateway, Start, Stub, bearer, connected, eventually, get

ROUTES = (
    Route("admin", "web", "/admin", roles=("admin", "root")),
    Route("open", "web", "/open", auth="none"),
    Route("any", "web", "/"),
)


class Keys:
    """A gateway that accepts them, and the list it reads."""

    def __init__(self, gateway: Gateway, ledger: Ledger[ApiKey]) -> None:
        self.gateway = gateway
        self.ledger = ledger

    def add(self, *roles: str) -> tuple[bytes, ApiKey]:
        key, kept = api_key.create("partner", roles)
        self.ledger.update(lambda keys: (*keys, kept))
        return key.encode(), kept

    async def status(self, *lines: bytes, path: str = "/x") -> int:
        async with connected(self.gateway) as client:
            return (await client.ask(get(path, *lines))).status


@pytest.fixture
async def keys(start: Start, stub: Stub, tmp_path: Path) -> AsyncIterator[Keys]:
    gateway = await start(stub.endpoint(), routes=ROUTES)
    ledger = Ledger(tmp_path / "keys.json", ApiKey)
    used = str(tmp_path / "used.json")
    gateway.view.use_spec(replace(gateway.view.spec, keys_file=str(ledger.path), keys_used_file=used))
    follow = spawn(gateway.view.follow_access(), name="access")
    yield Keys(gateway, ledger)
    await cancel(follow)


def header(key: bytes) -> bytes:
    return b"X-API-Key: " + key + b"\r\n"


async def until(keys: Keys, wanted: int, *lines: bytes) -> float:
    """Seconds until the gateway answers so."""
    began = time.monotonic()
    while await keys.status(*lines) != wanted:
        assert time.monotonic() < began + PATIENCE
        await asyncio.sleep(0.01)
    return time.monotonic() - began


async def test_a_key_gets_in_by_either_header_within_a_second_and_stays_here(keys: Keys, stub: Stub) -> None:
    key, _ = keys.add("user")
    assert await until(keys, 200, header(key)) < 1.0
    for lines in ([header(key)], [b"authorization: bearer " + key + b"\r\n"]):
        for _ in range(2):
            assert await keys.status(*lines) == 200
    await eventually(lambda: [line["principal"] for line in keys.gateway.lines()][-4:] == ["key:partner"] * 4)
    assert not any(key in asked.raw for asked in stub.asked)


@pytest.mark.parametrize("path", ["/x", "/open"])
async def test_no_copy_of_a_key_reaches_a_service_on_any_route(keys: Keys, stub: Stub, path: str) -> None:
    key, _ = keys.add("user")
    await until(keys, 200, header(key))
    bearer = b"Authorization: Bearer " + key + b"\r\n"
    for lines in ([header(key)], [bearer], [header(key), bearer]):
        assert await keys.status(*lines, path=path) == 200
    assert not any(key in asked.raw for asked in stub.asked)


async def test_a_revoked_key_is_out_within_a_second(keys: Keys) -> None:
    (one, _), (other, kept) = keys.add(), keys.add()
    await until(keys, 200, header(one))
    keys.ledger.update(lambda rows: [row for row in rows if row == kept])
    assert await until(keys, 401, header(one)) < 1.0
    assert await keys.status(header(other)) == 200


async def test_a_key_has_its_roles_and_no_others(keys: Keys) -> None:
    (user, _), (admin, _) = keys.add("user"), keys.add("admin")
    await until(keys, 200, header(admin))
    assert await keys.status(header(user), path="/admin") == 403
    assert await keys.status(header(admin), path="/admin") == 200


async def test_bad_keys(keys: Keys, stub: Stub) -> None:
    for bad in (b"arena_" + b"A" * 43, b"", b"\xff", b"x" * 20_000):
        assert await keys.status(header(bad)) == 401
        assert await keys.status(b"Authorization: Bearer arena_" + bad + b"\r\n") == 401
    key, _ = keys.add()
    await until(keys, 200, header(key))
    stub.asked.clear()
    assert await keys.status(b"Authorization: " + key + b"\r\n") == 401
    assert await keys.status(header(b"Bearer " + key)) == 401
    assert await keys.status(header(key), header(key)) == 400
    assert stub.asked == []


async def test_an_api_key_goes_before_a_token(keys: Keys, stub: Stub) -> None:
    key, _ = keys.add()
    await until(keys, 200, header(key))
    assert await keys.status(header(key), b"Authorization: Bearer sk-other\r\n") == 200
    assert stub.asked[-1].header("authorization") == "Bearer sk-other"
    assert await keys.status(header(b"arena_junk"), bearer("user")) == 401


async def test_tokens_go_on_working_and_the_refusal_names_both(keys: Keys) -> None:
    assert await keys.status(bearer("user")) == 200
    async with connected(keys.gateway) as client:
        detail = str((await client.ask(get("/x"))).problem(401, "unauthenticated")["detail"])
    assert "arena token issue" in detail and "X-API-Key" in detail


async def test_use_is_noted_when_the_gateway_is_asked_to(keys: Keys) -> None:
    key, kept = keys.add()
    await until(keys, 200, header(key))
    await keys.gateway.view.access.note_uses()
    (use,) = Ledger(Path(keys.gateway.view.spec.keys_used_file), KeyUse).read()
    assert use.key_id == kept.key_id and abs(use.at - time.time()) < 60


async def test_where_keys_are_off_the_header_is_the_services_own(start: Start, stub: Stub) -> None:
    gateway = await start(stub.endpoint(), routes=ROUTES)
    async with connected(gateway) as client:
        assert (await client.ask(get("/x", header(b"arena_x")))).status == 401
        assert (await client.ask(get("/x", header(b"own"), bearer("user")))).status == 200
        assert (await client.ask(get("/open", header(b"own")))).status == 200
    assert [asked.header("x-api-key") for asked in stub.asked] == ["own", "own"]
