"""From the spool to the journal: nothing lost, nothing twice, whoever dies."""

import asyncio
import signal
import subprocess
import sys
import textwrap

import pytest

from arena.clock import SystemClock
from arena.telemetry.collector import LogCollector
from arena.telemetry.logstore import LogStore
from arena.telemetry.spool import Spool
from arena.testing.eventually import eventually


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "logs"


def append(path, data):
    with path.open("ab") as file:
        file.write(data)


def texts(folder, instance="web-1"):
    return LogStore(folder).tail(instance, 10**6)


def test_a_restart_keeps_the_old_lines_and_empties_the_spool(folder):
    collector = LogCollector(folder, SystemClock())
    spool = collector.begin("web-1")
    append(spool, b"first life\nhalf")
    collector.begin("web-1")
    assert spool.stat().st_size == 0
    append(spool, b"second life\n")
    collector.finish("web-1")
    assert texts(folder) == ("first life", "half", "second life")


def test_finishing_twice_is_harmless(folder):
    collector = LogCollector(folder, SystemClock())
    append(collector.begin("web-1"), b"one\n")
    collector.finish("web-1")
    collector.finish("web-1")
    assert texts(folder) == ("one",)


def test_draining_what_was_never_begun_is_nothing(folder):
    LogCollector(folder, SystemClock()).drain("web-1")
    assert texts(folder) == ()


async def test_it_polls(folder):
    collector = LogCollector(folder, SystemClock())
    collector.start()
    append(collector.begin("web-1"), b"one\n")
    await eventually(lambda: texts(folder) == ("one",))
    await collector.close()


async def test_one_whose_folder_vanished_does_not_silence_the_others(folder, monkeypatch, caplog):
    collector = LogCollector(folder, SystemClock())
    collector.start()
    append(collector.begin("web-1"), b"one\n")
    await eventually(lambda: texts(folder) == ("one",))
    monkeypatch.setattr("arena.telemetry.spool.Spool.read", _refuse_once())
    await eventually(lambda: "cannot keep the log of web-1" in caplog.text)
    append(collector.begin("db-1"), b"two\n")
    await eventually(lambda: texts(folder, "db-1") == ("two",))
    await collector.close()


def _refuse_once():
    read, refusals = Spool.read, iter([OSError(5, "Input/output error")])

    def refuse(self, *, final=False):
        for error in refusals:
            raise error
        return read(self, final=final)

    return refuse


async def test_a_half_line_at_closing_stays_for_the_next(folder):
    collector = LogCollector(folder, SystemClock())
    spool = collector.begin("web-1")
    append(spool, b"one\ntw")
    await collector.close()
    append(spool, b"o\n")
    after = LogCollector(folder, SystemClock())
    after.resume("web-1")
    await after.close()
    assert texts(folder) == ("one", "two")


COLLECT = textwrap.dedent("""
    import asyncio, pathlib, sys
    from arena.clock import SystemClock
    from arena.telemetry.collector import LogCollector

    async def main():
        collector = LogCollector(pathlib.Path(sys.argv[1]), SystemClock())
        collector.resume("web-1")
        collector.start()
        print("ready", flush=True)
        await asyncio.Event().wait()

    asyncio.run(main())
""")


def test_kill_9_again_and_again_loses_and_repeats_nothing(folder):
    folder.mkdir()
    spool = folder / "web-1.spool"
    number = 0
    for _ in range(4):
        collecting = subprocess.Popen([sys.executable, "-c", COLLECT, str(folder)], stdout=subprocess.PIPE)
        collecting.stdout.readline()
        for _ in range(40):
            append(spool, b"".join(b"%d\n" % n for n in range(number, number + 500)))
            number += 500
        collecting.send_signal(signal.SIGKILL)  # in the middle of it
        collecting.wait()
        collecting.stdout.close()
    last = LogCollector(folder, SystemClock())
    last.resume("web-1")
    asyncio.run(last.close())
    assert list(map(int, texts(folder))) == list(range(number))
