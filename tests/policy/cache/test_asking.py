"""policy.cache.asking: what a request says."""

from __future__ import annotations

import pytest

from tests.policy.cache.model import asking


def test_conditions() -> None:
    assert not asking().conditional
    tagged = asking(b'if-none-match: "a"', b'If-None-Match: "b"', b"If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT")
    assert (tagged.if_none_match, tagged.if_modified_since, tagged.conditional) == (b'"a", "b"', None, True)
    assert asking(b"If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT").if_modified_since == 784111777.0
    twice = [b"If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT"] * 2
    assert not asking(*twice).conditional


def test_pragma_counts_where_there_is_no_cache_control() -> None:
    assert asking(b"pragma: no-cache").control.has(b"no-cache")
    assert not asking(b"pragma: no-cache", b"cache-control: max-age=5").control.has(b"no-cache")
    assert asking(b"cache-control: max-age=5", b"cache-control: no-cache").control.has(b"no-cache")


@pytest.mark.parametrize(
    "line", [b"Range: bytes=0-1,4-5", b"if-range: x", b'If-Match: "a"', b"X-Original-URL: /x", b"x-host: y"]
)
def test_what_passes_by(line: bytes) -> None:
    assert asking(line).bypass and not asking(b"accept: */*").bypass


def test_values_tell_absent_from_empty() -> None:
    said = asking(b"A: 1", b"a: 2", b"b:")
    assert said.values((b"a", b"b", b"c")) == (b"1, 2", b"", None)
