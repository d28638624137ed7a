"""gateway.watch: following a registry that comes and goes, and the file that outlives it."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import replace
from pathlib import Path

from arena.gateway.lists.watch import Watch, load_snapshot
from arena.model import codec
from arena.model.snapshot import Snapshot
from tests.gateway.kit import Gateway, Stub, Talk, connected, eventually, get


def line(snapshot: Snapshot) -> bytes:
    text = json.dumps(codec.encode(snapshot)).encode() + b"\n"
    return b"%x\r\n%b\r\n" % (len(text), text)


def beside(file: Path) -> list[Path]:
    """What was left behind while writing `file`."""
    return list(file.parent.glob("*.tmp"))


async def test_it_follows_keeps_and_survives_the_registrys_death(gateway: Gateway, stub: Stub, tmp_path: Path) -> None:
    registry, file = Stub(), tmp_path / "snapshot.json"
    push: asyncio.Queue[Snapshot | None] = asyncio.Queue()

    async def stream(talk: Talk) -> None:
        assert talk.asked.target == "/v1/watch"
        await talk.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while (snapshot := await push.get()) is not None:
            await talk.send(line(snapshot))

    registry.answer = stream
    await registry.start()
    view = gateway.view
    view.use_spec(replace(view.spec, registry_url=f"http://127.0.0.1:{registry.port}", snapshot_file=str(file)))
    watch = Watch(view)
    watch.start()
    try:
        push.put_nowait(Snapshot(7, "life-1", (stub.endpoint(),)))
        await eventually(lambda: view.snapshot.version == 7 and not view.stale)
        assert load_snapshot(str(file)) == view.snapshot
        push.put_nowait(None)
        await registry.stop()
        await eventually(lambda: view.stale, "the loss is noticed")
        async with connected(gateway) as client:
            assert (await client.ask(get())).status == 200
            assert (await client.ask(get("/health"))).json["status"] == "degraded"
            push = asyncio.Queue()
            push.put_nowait(Snapshot(1, "life-2", ()))
            await registry.start()
            await eventually(lambda: view.snapshot.epoch == "life-2" and not view.stale, "the return is noticed")
            assert (await client.ask(get())).status == 503
        assert not beside(file)
    finally:
        watch.stop()
        push.put_nowait(None)
        await registry.stop()


async def test_another_registry_url_is_followed_instead(gateway: Gateway) -> None:
    watch, view = Watch(gateway.view), gateway.view
    first = second = None
    try:
        for port in (1, 2):
            view.use_spec(replace(view.spec, registry_url=f"http://127.0.0.1:{port}"))
            watch.start()
            first, second = second, watch._task
        assert first is not None
        assert first is not second
        await eventually(first.done)
        watch.start()
        assert watch._task is second
    finally:
        watch.stop()


def test_a_kept_snapshot_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    file = tmp_path / "snapshot.json"
    assert load_snapshot("") is None
    assert load_snapshot(str(file)) is None
    for junk in ("", "{", "[]", '{"version": "x"}', '{"endpoints": [{}]}'):
        file.write_text(junk)
        assert load_snapshot(str(file)) is None
    file.write_text(json.dumps(codec.encode(Snapshot(3, "e"))))
    assert load_snapshot(str(file)) == Snapshot(3, "e")


async def test_the_kept_snapshot_is_its_owners_alone(gateway: Gateway, tmp_path: Path) -> None:
    file = tmp_path / "snapshot.json"
    file.write_text("{}")
    file.chmod(0o644)
    Path(f"{file}.{os.getpid()}.tmp").write_text("left by a process of the same number that died")
    gateway.view.spec = replace(gateway.view.spec, snapshot_file=str(file))
    Watch(gateway.view)._take(Snapshot(9, "e"))
    assert file.stat().st_mode & 0o777 == 0o600
    assert load_snapshot(str(file)) == Snapshot(9, "e")


async def test_a_file_that_cannot_be_written_stops_nothing(gateway: Gateway, tmp_path: Path) -> None:
    gateway.view.spec = replace(gateway.view.spec, snapshot_file=str(tmp_path / "missing" / "snapshot.json"))
    Watch(gateway.view)._take(Snapshot(9, "e"))
    assert gateway.view.snapshot.version == 9
