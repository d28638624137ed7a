"""gateway.idempotency.record."""

from __future__ import annotations

import pytest

from arena.gateway.idempotency.record import Record, decode, encode
from arena.gateway.refusal import Reply

PRINT = bytes(range(32))


@pytest.mark.parametrize(
    "record",
    [
        Record(PRINT),
        Record(PRINT, done=True),
        Record(PRINT, True, Reply(201, (b"a: \xff\xe9", b'b: "'), b"\n\x00body\n")),
        Record(PRINT, True, Reply(204, (), b"")),
    ],
)
def test_what_is_written_is_read(record: Record) -> None:
    assert decode(encode(record)) == record
    assert record.size >= 512


@pytest.mark.parametrize("data", [b"", b"U", b"X" + PRINT, b"D" + PRINT, b"D" + PRINT + b"[]\n", b"U" + PRINT[:5]])
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):  # of json too
        decode(data)
