"""Cutting raw output into lines, whatever was written, and giving its space back."""

import os
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.telemetry import spool as subject
from arena.telemetry.spool import LONGEST_LINE, SPLIT_MARK, Spool, split


def append(path, data):
    with path.open("ab") as file:
        file.write(data)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "web-1.spool"


def drain(spool, *, final=False):
    lines = []
    while entries := spool.read(final=final):
        spool.consumed(entries[-1][0])
        lines += [line for _, line in entries]
    return lines


def test_half_a_line_waits_for_its_end(path):
    spool = Spool(path)
    append(path, b"one\ntw")
    assert drain(spool) == [b"one"]
    append(path, b"o\n")
    assert drain(spool) == [b"two"]
    spool.close()


def test_at_the_end_half_a_line_is_a_line(path):
    append(path, b"one\nlast words")
    spool = Spool(path)
    assert drain(spool, final=True) == [b"one", b"last words"]
    assert spool.offset == spool.size
    spool.close()


def test_reading_without_consuming_reads_the_same_again(path):
    append(path, b"one\n")
    spool = Spool(path)
    assert spool.read() == spool.read() == [(4, b"one")]
    spool.close()


def test_an_endless_line_is_cut_with_a_mark(path):
    append(path, b"x" * (3 * LONGEST_LINE + 5))
    spool = Spool(path)
    assert drain(spool) == [b"x" * LONGEST_LINE + SPLIT_MARK] * 3
    append(path, b"yz\nnext\n")
    assert drain(spool) == [b"xxxxxyz", b"next"]
    spool.close()


@pytest.mark.parametrize("extra", [-1, 0, 1])
def test_lines_around_the_longest_length(path, extra):
    append(path, b"x" * (LONGEST_LINE + extra) + b"\n")
    spool = Spool(path)
    pieces = drain(spool)
    assert sum(len(piece.removesuffix(SPLIT_MARK)) for piece in pieces) == LONGEST_LINE + extra
    assert len(pieces) == (2 if extra > 0 else 1)
    spool.close()


def test_an_offset_from_before_an_emptying_starts_over(path):
    append(path, b"new\n")
    spool = Spool(path, offset=5000)
    assert drain(spool) == [b"new"]
    spool.close()


def test_emptying_begins_again_at_nought(path):
    append(path, b"old\n")
    spool = Spool(path)
    drain(spool)
    spool.empty()
    append(path, b"new\n")
    assert spool.read() == [(4, b"new")]
    spool.close()


def test_the_file_is_for_this_user_alone(path):
    Spool(path).close()
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(sys.platform != "linux", reason="holes are punched on Linux alone")
def test_consumed_space_goes_back_to_the_file_system(path):
    append(path, b"x" * 1023 + b"\n")
    blocks = path.stat().st_blocks
    append(path, (b"x" * 1023 + b"\n") * 4095)
    spool = Spool(path)
    assert len(drain(spool)) == 4096
    facts = path.stat()
    if facts.st_blocks > 4 * 1024 * 1024 // 512:
        pytest.skip("this file system cannot punch holes")
    assert facts.st_size == 4 * 1024 * 1024
    assert facts.st_blocks <= blocks + subject._PUNCH_EVERY // 512
    append(path, b"more\n")
    assert drain(spool) == [b"more"]
    spool.close()


@given(st.lists(st.binary(max_size=40), max_size=30), st.integers(0, 1000))
def test_the_pieces_hold_every_byte_and_the_ends_are_exact(chunks, offset):
    data = b"".join(chunks)
    entries = split(data, offset, final=True)
    assert b"\n".join(line for _, line in entries) == data.removesuffix(b"\n") or (not entries and not data)
    for end, line in entries:
        assert data[: end - offset].removesuffix(b"\n").endswith(line)


def test_appending_child_and_reader_share_the_file_without_a_gap(path):
    spool = Spool(path)
    file = os.open(path, os.O_WRONLY | os.O_APPEND)
    seen = []
    for number in range(500):
        os.write(file, b"%d\n" % number)
        if number % 7 == 0:
            seen += drain(spool)
    os.close(file)
    seen += drain(spool)
    assert seen == [b"%d" % number for number in range(500)]
    spool.close()
