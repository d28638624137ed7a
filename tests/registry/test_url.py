import pytest

from arena.model.address import Address
from arena.registry import url
from arena.registry.refusal import Refused


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("http://localhost:8001", Address("localhost", 8001)),
        ("HTTP://LocalHost:8001/", Address("localhost", 8001)),
        ("http://10.0.0.1", Address("10.0.0.1", 80)),
        ("https://api.example.com/v1/", Address("api.example.com", 443, "https", "/v1")),
        ("http://[::1]:9", Address("::1", 9)),
        ("http://my_service:80/a%20b", Address("my_service", 80, "http", "/a%20b")),
    ],
)
def test_a_base_url(text: str, address: Address) -> None:
    assert url.read_base(text, "url") == address


@pytest.mark.parametrize(
    "text",
    [
        "", "localhost:8001", "//localhost", "ftp://a", "javascript:alert(1)", "data:text/html,x", "file:///etc", "http:",
        "http://", "http://:80", "http:///path", "http://user@host", "http://user:pw@host", "http://@host", "http://host@",
        "http://host:0", "http://host:65536", "http://host:-1", "http://host:x", "http://host:", "http://host:８0",
        "http://a b", "http://a\\b", "http://a/b c", "http://a/\\b", "http://a/<x>", "http://-a", "http://a..b", "http://.a",
        "http://a%00", "http://é", "http://[::1", "http://[::g]", "http://[fe80::1%25eth0]", "http://[1.2.3.4]",
        "http://a#f", "http://a#", "http://a/../b", "http://a/b/..", "http://a/./b", "http://" + "a" * 64,
    ],
)  # fmt: skip
def test_what_is_refused(text: str) -> None:
    for read in (url.read_base, url.read_full):
        with pytest.raises(Refused) as refusal:
            read(text, "the_field")
        assert (refusal.value.status, refusal.value.field) == (422, "the_field")


@pytest.mark.parametrize("text", ["http://a?b", "http://a/?", "http://a/x?y=z"])
def test_a_base_url_has_no_query(text: str) -> None:
    with pytest.raises(Refused):
        url.read_base(text, "url")


@pytest.mark.parametrize(
    ("text", "path"),
    [("http://a:1", "/"), ("http://a:1/", "/"), ("http://a:1/h/", "/h/"), ("http://a:1/h?x=1&y=%20", "/h?x=1&y=%20")],
)
def test_a_full_url_keeps_path_and_query(text: str, path: str) -> None:
    assert url.read_full(text, "f") == (Address("a", 1), path)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("a", "a", True), ("a", "b", False), ("localhost", "127.0.0.1", True), ("::1", "localhost", True),
        ("localhost", "10.0.0.1", False), ("127.0.0.2", "127.0.0.1", False),
    ],
)  # fmt: skip
def test_the_same_machine(one: str, other: str, same: bool) -> None:
    assert url.same_host(one, other) is same
