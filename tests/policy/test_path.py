"""policy.path: one path, one meaning."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.policy.path import BadPath, canonical, readings


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"/", b"/"),
        (b"/a/b", b"/a/b"),
        (b"/a/b/", b"/a/b/"),
        (b"/public/../admin", b"/admin"),
        (b"/public/%2e%2E/admin", b"/admin"),
        (b"/public/.%2e/admin", b"/admin"),
        (b"/public/./admin", b"/public/admin"),
        (b"/../../admin", b"/admin"),
        (b"//admin", b"/admin"),
        (b"///a//b", b"/a/b"),
        (b"/a/..", b"/"),
        (b"/a/b/..", b"/a/"),
        (b"/a/.", b"/a/"),
        (b"/%61dmin", b"/admin"),
        (b"/a%2fb", b"/a%2Fb"),
        (b"/a%20b", b"/a%20b"),
        (b"/.well-known/x", b"/.well-known/x"),
        (b"/...", b"/..."),
        (b"/a%252e", b"/a%252e"),
        (b"/caf%c3%a9", b"/caf%C3%A9"),
    ],
)
def test_canonical(raw: bytes, expected: bytes) -> None:
    assert canonical(raw) == expected


@pytest.mark.parametrize("raw", [b"/%", b"/%2", b"/%zz", b"/a%00b", b"/%0d%0aX", b"/%7f", b"/%1", b"/%-1"])
def test_escapes_without_meaning_are_refused(raw: bytes) -> None:
    with pytest.raises(BadPath):
        canonical(raw)


@pytest.mark.parametrize("raw", [b"/a\\..\\b", b'/a"b', b"/<x>", b"/{x}", b"/`"])
def test_characters_that_servers_read_in_different_ways_are_refused(raw: bytes) -> None:
    with pytest.raises(BadPath):
        canonical(raw)


@pytest.mark.parametrize(
    "raw", [b"/public/..%2fadmin", b"/public%2f..%2fadmin", b"/a/%2e%2e%2fb", b"/x/..%5cadmin", b"/%2f%2e%2e/x"]
)
def test_an_encoded_slash_hides_no_dot_segment(raw: bytes) -> None:
    with pytest.raises(BadPath):
        readings(canonical(raw))


@pytest.mark.parametrize(
    ("raw", "routed"), [(b"/admin%2fx", b"/admin/x"), (b"/%2fadmin", b"/admin"), (b"/a%5cb", b"/a/b"), (b"/a", b"/a")]
)
def test_an_encoded_slash_counts_as_one_for_routing(raw: bytes, routed: bytes) -> None:
    assert readings(canonical(raw)) == (routed,)


@pytest.mark.parametrize(
    "raw", [b"/public/..;/admin", b"/public/.;x/a", b"/public/%2e%2e;a=1/admin", b"/a/..%3bx/b", b"/a%2f..;", b"/..;"]
)
def test_a_path_parameter_hides_no_dot_segment(raw: bytes) -> None:
    with pytest.raises(BadPath, match="parameter"):
        readings(canonical(raw))


@pytest.mark.parametrize(
    ("raw", "bare"),
    [
        (b"/admin;x/y", b"/admin/y"),
        (b"/a;b=1;c/d;e", b"/a/d"),
        (b"/;/admin", b"/admin"),
        (b"/a%3bb/c", b"/a/c"),
        (b"/...;x", b"/..."),
    ],
)
def test_a_path_with_parameters_has_two_readings(raw: bytes, bare: bytes) -> None:
    path = canonical(raw)
    assert readings(path) == (path, bare)


_parts = st.sampled_from(
    [
        b"/",
        b".",
        b"..",
        b"%2e",
        b"%2E",
        b"%2f",
        b"a",
        b"%61",
        b"%25",
        b"%5c",
        b"//",
        b"admin",
        b"%",
        b"%00",
        b"~",
        b";",
        b"%3b",
    ]
)


@given(st.lists(_parts, max_size=12))
def test_the_result_is_stable_and_free_of_dot_segments(parts: list[bytes]) -> None:
    try:
        path = canonical(b"/" + b"".join(parts))
        read = readings(path)
    except BadPath:
        return
    assert path.startswith(b"/")
    assert canonical(path) == path
    assert b"//" not in path
    seen_by_server = unquote_to_bytes(path).replace(b"\\", b"/").split(b"/")
    assert b".." not in seen_by_server
    assert b"." not in seen_by_server
    for each in read:
        assert b"//" not in each
        assert not {b".", b".."} & set(each.split(b"/"))
    assert b";" not in read[-1]
