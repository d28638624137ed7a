"""gateway.store.store: down, up again, and always saying which."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from arena.gateway.store.link import StoreDown, StoreRefused
from arena.gateway.store.store import Store
from arena.model.store import StoreAddress
from tests import valkey
from tests.gateway.kit import eventually

WORDS = [b"", b"fixed_window", b"2", b"3600.0", b"1"]


@pytest.fixture
def server() -> Iterator[valkey.Server]:
    with valkey.running() as one:
        yield one


@pytest.fixture
async def store(server: valkey.Server) -> AsyncIterator[Store]:
    one = Store(server.address)
    assert (one.up, one.reachable) == (False, False)
    await eventually(lambda: one.up, "it connects")
    yield one
    one.close()
    await asyncio.sleep(0)


async def test_the_script_is_sent_again_when_the_server_has_forgotten_it(store: Store) -> None:
    assert [(await store.limits([b"k"], WORDS))[1] for _ in range(3)] == [1, 0, 0]
    assert store._link is not None
    await store._link.call("SCRIPT", "FLUSH")
    assert (await store.limits([b"k"], WORDS))[0] > 0
    assert (store.up, store.failures) == (True, 0)


async def test_it_knows_how_full_the_server_is(
    store: Store, server: valkey.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arena.gateway.store.store.LOOK_SECONDS", 0.02)
    assert store.fill == 0.0, "it may have all there is"
    for most, least in (("100mb", 0.001), ("2mb", 0.2)):
        await store.ask("CONFIG", "SET", "maxmemory", most)
        await eventually(lambda least=least: store.fill > least)  # type: ignore[misc]  # a default is how lambdas bind
    await store.ask("CONFIG", "SET", "maxmemory", "0")
    await eventually(lambda: store.fill == 0.0)


async def test_a_user_who_may_not_ask_how_full_it_is_may_count(server: valkey.Server, store: Store) -> None:
    await store.ask("ACL", "SETUSER", "default", "-info")
    other = Store(server.address)
    await eventually(lambda: other.up)
    assert (await other.limits([b"k"], WORDS))[1] == 1
    assert (other.fill, other.error, other.failures) == (0.0, "", 0)
    other.close()
    await asyncio.sleep(0)


async def test_it_says_that_it_is_down_and_comes_back_by_itself(store: Store, server: valkey.Server) -> None:
    server.kill()
    await eventually(lambda: not store.reachable, "the loss is noticed")
    with pytest.raises(StoreDown):
        await store.limits([b"k"], WORDS)
    assert (store.up, store.failures) == (False, 1)
    server.start()
    await eventually(lambda: store.up, "it is back")
    assert (await store.limits([b"k"], WORDS))[1] == 1


async def test_a_frozen_server_is_down_too(store: Store, server: valkey.Server) -> None:
    server.freeze()
    with pytest.raises(StoreDown, match="did not answer"):
        await store.limits([b"k"], WORDS)
    assert not store.up
    server.thaw()
    await eventually(lambda: store.up, "it is back")


async def test_a_server_that_answers_something_else_is_not_up() -> None:
    async def always_ok(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(65536):
            writer.write(b"+OK\r\n")
        writer.close()

    fake = await asyncio.start_server(always_ok, "127.0.0.1", 0)
    one = Store(StoreAddress(port=fake.sockets[0].getsockname()[1]))
    await eventually(lambda: one.reachable, "it connects")
    with pytest.raises(StoreRefused, match=r"it said b?'OK'"):
        await one.limits([b"k"], WORDS)
    assert not one.up
    one.close()
    fake.close()
    await asyncio.sleep(0)


async def test_a_server_that_refuses_is_not_up(store: Store) -> None:
    assert store._link is not None
    await store._link.call("SET", "k", "no number")
    with pytest.raises(StoreRefused):
        await store.limits([b"k"], [b"", b"sliding_log", b"2", b"3600.0", b"1"])
    assert (store.up, store.failures, store.reachable) == (False, 1, True)
    await store.limits([b"other"], WORDS)
    assert store.up
