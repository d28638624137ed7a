"""Reading journals both ways, and on past rotations."""

import pytest

from arena.telemetry.journal import Journal
from arena.telemetry.logfiles import Chain, Cursor


@pytest.fixture
def path(tmp_path):
    return tmp_path / "web-1.log"


def write(journal, *numbers):
    for number in numbers:
        journal.append([(number, b"%d" % number)], float(number))


def numbers(entries):
    return [int(entry.split(b" ")[2]) for entry in entries]


def test_both_directions_over_rotated_files(path):
    journal = Journal(path, rotate_bytes=40)
    write(journal, *range(1, 9))
    chain = Chain(path)
    assert numbers(chain.entries()) == list(range(1, 9))
    assert numbers(chain.entries_backwards()) == list(range(8, 0, -1))
    chain.close()
    journal.close()


def test_backwards_over_blocks(path):
    journal = Journal(path)
    journal.append([(n, b"%d " % n + b"x" * (n % 90)) for n in range(1, 5000)], 1.0)
    chain = Chain(path)
    assert numbers(chain.entries_backwards()) == list(range(4999, 0, -1))
    chain.close()
    journal.close()


def test_no_files_no_entries(path):
    chain = Chain(path)
    assert list(chain.entries()) == list(chain.entries_backwards()) == []
    assert chain.cursor().advance(path) == []
    chain.close()


def test_a_chain_stays_as_it_was_opened(path):
    journal = Journal(path, rotate_bytes=40)
    write(journal, 1, 2)
    chain = Chain(path)
    write(journal, 3, 4, 5, 6)
    assert numbers(chain.entries()) == [1, 2]
    chain.close()
    journal.close()


def test_a_cursor_goes_on_where_the_chain_ended_and_past_rotations(path):
    journal = Journal(path, rotate_bytes=40)
    write(journal, 1, 2)
    chain = Chain(path)
    cursor = chain.cursor()
    chain.close()
    seen = []
    for number in range(3, 30):
        write(journal, number)
        seen += numbers(cursor.advance(path))
    assert seen == list(range(3, 30))
    journal.close()


def test_a_cursor_survives_several_rotations_between_two_looks(path):
    journal = Journal(path, rotate_bytes=40)
    cursor = Cursor()
    write(journal, *range(1, 8))
    assert numbers(cursor.advance(path)) == list(range(1, 8))
    write(journal, *range(8, 13))
    assert numbers(cursor.advance(path)) == list(range(8, 13))
    journal.close()


def test_a_cursor_leaves_half_an_entry_for_later(path):
    path.write_bytes(b"1.0 1 1\n2.0 2")
    cursor = Cursor()
    assert numbers(cursor.advance(path)) == [1]
    with path.open("ab") as file:
        file.write(b" 2\n")
    assert numbers(cursor.advance(path)) == [2]
