import asyncio
import json
import logging
import stat
from pathlib import Path

import pytest

from arena.model.address import Address
from arena.model.service import Probe
from arena.registry.entry import Check, Entry, Registration
from arena.registry.store import Store

ADDRESS = Address("127.0.0.1", 8001)
ENTRY = Entry(
    Registration(
        "web", "web-1", ADDRESS, 15.0, Check(ADDRESS, Probe(http="/h", retries=2), True), {"v": [1, {"a": None}]}
    ),
    "passing",
    99.0,
    "GET /h: 200",
)


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


async def test_what_is_kept_comes_back_without_its_deadline(tmp_path: Path) -> None:
    store = Store(tmp_path / "registry.json", lambda: (ENTRY,))
    store.save_soon()
    store.close()
    (back,) = Store(tmp_path / "registry.json", tuple).load()
    assert back == Entry(ENTRY.registration, "passing", None, "GET /h: 200")
    assert modes(tmp_path) == {"registry.json": 0o600}


async def test_a_change_is_written_at_once_and_a_burst_together(tmp_path: Path) -> None:
    path, known = tmp_path / "registry.json", [ENTRY]
    store = Store(path, lambda: tuple(known))
    store.save_soon()
    await store.settled()
    assert len(json.loads(path.read_text())["entries"]) == 1
    for _ in range(50):
        known.append(ENTRY)
        store.save_soon()
    assert len(json.loads(path.read_text())["entries"]) == 1
    async with asyncio.timeout(5):
        await store.settled()
    assert len(json.loads(path.read_text())["entries"]) == 51
    store.close()


async def test_closing_writes_what_waits(tmp_path: Path) -> None:
    known = []
    store = Store(tmp_path / "r", lambda: tuple(known))
    store.save_soon()
    known.append(ENTRY)
    store.save_soon()
    store.close()
    assert len(Store(tmp_path / "r", tuple).load()) == 1


def test_no_file_is_no_knowledge(tmp_path: Path) -> None:
    assert Store(tmp_path / "none", tuple).load() == ()


@pytest.mark.parametrize(
    "junk",
    [b"", b"{", b"[]", b"null", b'{"entries": 1}', b'{"entries": [{"health": "passing"}]}', b"\xff", b"[" * 9999],
)
def test_an_unusable_file_is_put_aside_and_reported(tmp_path: Path, caplog, junk: bytes) -> None:
    path = tmp_path / "registry.json"
    path.write_bytes(junk)
    with caplog.at_level(logging.ERROR):
        assert Store(path, tuple).load() == ()
    assert "cannot be used" in caplog.text
    assert (tmp_path / "registry.json.unusable").read_bytes() == junk
    assert not path.exists()


async def test_a_folder_that_is_gone_is_reported_and_survived(tmp_path: Path, caplog) -> None:
    store = Store(tmp_path / "gone" / "registry.json", lambda: (ENTRY,))
    store.save_soon()
    await store.settled()
    assert "could not be kept" in caplog.text
    (tmp_path / "gone").mkdir()
    store.close()
    assert len(Store(tmp_path / "gone" / "registry.json", tuple).load()) == 1
