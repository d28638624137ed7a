"""Questions about many journals at once."""

import asyncio
import contextlib

import pytest

from arena.model.logline import LogQuery
from arena.telemetry.journal import Journal
from arena.telemetry.logstore import LogStore


@pytest.fixture
def folder(tmp_path):
    return tmp_path


@pytest.fixture
def store(folder):
    return LogStore(folder)


@pytest.fixture
def write(folder):
    journals = {}

    def append(instance, at, *lines):
        journal = journals.setdefault(instance, Journal(folder / f"{instance}.log", rotate_bytes=200))
        journal.append([(journal.offset + number, line.encode()) for number, line in enumerate(lines, 1)], at)

    yield append
    for journal in journals.values():
        journal.close()


async def ask(store, **query):
    return [line.text async for line in store.query(LogQuery(**query))]


async def test_lines_of_all_instances_come_in_order_of_time(store, write):
    write("web-1", 1.0, "a")
    write("db-1", 2.0, "b")
    write("web-1", 3.0, "c")
    write("web-2", 2.5, "bb")
    assert await ask(store) == ["a", "b", "bb", "c"]
    assert await ask(store, services=("web",)) == ["a", "bb", "c"]
    assert await ask(store, services=("web-2", "db")) == ["b", "bb"]
    assert await ask(store, since=2.0, until=2.5) == ["b", "bb"]


async def test_the_tail_is_of_each_instance_as_in_compose(store, write):
    for at in range(30):
        write("web-1", float(at), f"w{at}")
        write("db-1", at + 0.5, f"d{at}")
    assert await ask(store, tail=2) == ["w28", "d28", "w29", "d29"]
    assert await ask(store, tail=0) == []
    assert store.tail("web-1", 3) == ("w27", "w28", "w29")
    assert store.tail("ghost-1", 3) == ()


async def test_the_tail_counts_only_lines_that_are_wanted(store, write):
    write("web-1", 1.0, "abc one", "nothing", "abc two", "nothing")
    assert await ask(store, trace="abc", tail=1) == ["abc two"]


async def test_no_folder_no_lines(folder):
    assert await ask(LogStore(folder / "missing")) == []


async def test_more_than_one_batch(store, write):
    for at in range(40):
        write("web-1", float(at), *(f"{at}.{n}" for n in range(5)))
    found = await ask(store)
    assert found[-1] == "39.4"
    assert found == sorted(found, key=lambda text: [int(part) for part in text.split(".")])


async def test_follow_goes_on_through_rotation_and_with_instances_that_appear(store, write):
    write("web-1", 1.0, "before")
    async with contextlib.aclosing(store.query(LogQuery(follow=True, tail=1))) as lines, asyncio.timeout(10):
        assert (await anext(lines)).text == "before"
        for number in range(20):
            write("web-1", 2.0 + number, f"line {number} {'x' * 30}")
        assert [(await anext(lines)).text.split()[1] for _ in range(20)] == [str(number) for number in range(20)]
        write("db-1", 50.0, "newcomer")
        assert (await anext(lines)).text == "newcomer"
        write("web-1", 51.0, "still here")
        assert (await anext(lines)).text == "still here"


async def test_closing_a_follow_ends_it(store, write):
    write("web-1", 1.0, "a")
    lines = store.query(LogQuery(follow=True))
    assert (await anext(lines)).text == "a"
    waiting = asyncio.ensure_future(anext(lines))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await lines.aclose()
