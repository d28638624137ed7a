"""The journal survives death at every byte, a full disk and its own rotation."""

import os

import pytest

from arena.telemetry import journal as subject
from arena.telemetry.journal import KEEP, Journal, rotated


@pytest.fixture
def path(tmp_path):
    (tmp_path / "logs").mkdir()
    return tmp_path / "logs" / "web-1.log"


def test_an_entry_is_time_offset_and_line(path):
    journal = Journal(path)
    assert journal.append([(4, b"one"), (0x1A, b"two words")], 1.5)
    journal.close()
    assert path.read_bytes() == b"1.500000 4 one\n1.500000 1a two words\n"
    assert path.stat().st_mode & 0o777 == 0o600


def test_reopened_it_knows_how_far_it_came(path):
    journal = Journal(path)
    journal.append([(4, b"one")], 1.0)
    journal.append([(9, b"four")], 2.0)
    journal.close()
    again = Journal(path)
    assert again.offset == 9
    again.close()


def test_a_death_at_any_byte_leaves_whole_entries_and_the_right_offset(path):
    whole = b"1.000000 4 one\n2.000000 9 four\n"
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        journal = Journal(path)
        kept = whole[:cut].rpartition(b"\n")[0] + (b"\n" if b"\n" in whole[:cut] else b"")
        assert path.read_bytes() == kept
        assert journal.offset == {0: 0, 1: 4, 2: 9}[kept.count(b"\n")]
        journal.close()


def test_junk_in_the_file_is_no_reason_to_die(path):
    path.write_bytes(b"\xff\xfe not an entry\n")
    journal = Journal(path)
    assert journal.offset == 0
    journal.close()


def test_full_files_move_up_and_the_oldest_goes(path):
    journal = Journal(path, rotate_bytes=100)
    for number in range(KEEP + 3):
        journal.append([(number + 1, b"%d" % number + b"x" * 100)], float(number))
    journal.close()
    assert path.read_bytes() == b""
    firsts = [rotated(path, age).read_bytes().split(b" ")[2][:1] for age in range(1, KEEP + 1)]
    assert firsts == [b"6", b"5", b"4", b"3"]
    assert not rotated(path, KEEP + 1).exists()


def test_a_death_just_after_rotating_forgets_nothing(path):
    journal = Journal(path, rotate_bytes=10)
    journal.append([(77, b"a line that fills it")], 1.0)
    journal.close()
    assert path.stat().st_size == 0
    again = Journal(path)
    assert again.offset == 77
    again.close()


def test_a_folder_that_vanished_is_an_error_that_closes_nothing_else(path):
    journal = Journal(path, rotate_bytes=10)
    path.unlink()
    path.parent.rmdir()
    with pytest.raises(FileNotFoundError):
        journal.append([(77, b"a line that fills it")], 1.0)
    journal.close()


def test_rewound_it_starts_over_even_when_reopened(path):
    journal = Journal(path, rotate_bytes=10)
    journal.append([(77, b"a line that fills it")], 1.0)
    journal.rewind(2.0)
    journal.close()
    again = Journal(path)
    assert again.offset == 0
    again.close()


def test_a_full_disk_keeps_all_or_nothing(path, monkeypatch, caplog):
    journal = Journal(path)
    journal.append([(4, b"one")], 1.0)
    write = os.write
    monkeypatch.setattr(subject.os, "write", lambda file, data: write(file, data[: len(data) // 2]))
    assert not journal.append([(9, b"four")], 2.0)
    assert not journal.append([(9, b"four")], 2.0)
    monkeypatch.setattr(subject.os, "write", write)
    assert path.read_bytes() == b"1.000000 4 one\n"
    assert journal.offset == 4
    assert journal.append([(9, b"four")], 3.0)
    assert path.read_bytes() == b"1.000000 4 one\n3.000000 9 four\n"
    assert len(caplog.records) == 1, "said once, not for every look"
    journal.close()
