"""policy.cache.purge: which kept replies a person means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.model.cache import Purge, PurgeOrder
from arena.policy.cache.purge import KEEP_SECONDS, MOST, added, covers, normal, parts

HATS = b"https://shop.example/hats?size=9"


@pytest.mark.parametrize(
    ("what", "uri", "meant"),
    [
        (Purge(), HATS, True),
        (Purge(route="shop"), HATS, True),
        (Purge(route="other"), HATS, False),
        (Purge(url="/hats?size=9"), HATS, True),
        (Purge("other", "/hats?size=9"), HATS, False),
        (Purge(url="/hats"), HATS, False),
        (Purge(url="/hats"), b"http://a/hats", True),
        (Purge(url="/hats?"), b"http://a/hats", False),
        (Purge(url="HTTPS://Shop.Example/hats?size=9"), HATS, True),
        (Purge(url="https://shop.example/hats?size=9"), b"https://SHOP.example/hats?size=9", True),
        (Purge(url="http://shop.example/hats?size=9"), HATS, False),
        (Purge(url="https://shop.example:8443/hats?size=9"), HATS, False),
        (Purge(url="https://example/hats?size=9"), HATS, False),
        (Purge(url="/hats", below=True), HATS, True),
        (Purge(url="/hats/", below=True), HATS, True),
        (Purge(url="/", below=True), HATS, True),
        (Purge(url="/ha", below=True), HATS, False),
        (Purge(url="/hats/red", below=True), HATS, False),
        (Purge(url="/hats", below=True), b"http://a/hats/red/1?x", True),
        (Purge(url="/hats", below=True), b"http://a/hatstand", False),
        (Purge(url="/hats", below=True), b"http://a/hats%2Fred", True),
        (Purge(url="https://shop.example", below=True), HATS, True),
        (Purge(url="https://shop.example", below=True), b"https://shop.example.evil/hats", False),
        (Purge(url="https://shop.example"), b"https://shop.example/", True),
        (Purge(url="/a/../hats//?size=9"), b"https://shop.example/hats/?size=9", True),
        (Purge(url="/caf\u00e9"), b"http://a/caf%C3%A9", True),
        (Purge(url="/a?q=\u00e9"), b"http://a/a?q=%C3%A9", True),
        (Purge(url="/%68ats"), b"http://a/hats", True),
        (Purge(url="/a://b/c"), b"http://a/a:/b/c", True),
    ],
)
def test_what_is_meant(what: Purge, uri: bytes, meant: bool) -> None:
    assert covers(normal(what))(uri, "shop") is meant


@pytest.mark.parametrize(
    ("what", "why"),
    [
        (Purge(url="hats"), "neither a path"),
        (Purge(url="ftp://a/b"), "neither a path"),
        (Purge(url="*"), "neither a path"),
        (Purge(url="https:///hats"), "neither a path"),
        (Purge(url="/hats#red"), "blank or a #"),
        (Purge(url="/hats red"), "blank or a #"),
        (Purge(url="/hats\r\nx"), "blank or a #"),
        (Purge(url="/hats\x00"), "blank or a #"),
        (Purge(url="/hats?a", below=True), "no query"),
        (Purge(below=True), "name a path"),
        (Purge(url="/100%"), "percent"),
        (Purge(url="/a\\b"), "percent-encoded"),
        (Purge(url="/a%2F..%2Fb"), "dot segment"),
    ],
)
def test_what_no_request_could_have(what: Purge, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        normal(what)


@given(st.text(max_size=30), st.booleans())
def test_whatever_is_typed_is_meant_or_refused_and_stays_so(text: str, below: bool) -> None:
    try:
        what = normal(Purge(url=text, below=below))
    except ValueError:
        return
    assert normal(what) == what
    covers(what)(HATS, "shop")


@given(st.from_regex(r"/[a-z/%;]{0,12}(\?[a-z=/:?]{0,8})?", fullmatch=True))
def test_a_url_means_itself_and_a_prefix_what_is_below(url: str) -> None:
    try:
        what = normal(Purge(url=url))
    except ValueError:
        return
    uri = b"http://a" + what.url.encode()
    assert covers(what)(uri, "")
    assert b"".join(parts(uri)[1:]) == b"".join(parts(what.url.encode())[1:])
    path = what.url.partition("?")[0]
    below = covers(normal(Purge(url=path, below=True)))
    assert below(uri, "") and below(b"http://a" + path.rstrip("/").encode() + b"/x", "")


def test_orders_are_remembered_for_a_while_and_have_times_of_their_own() -> None:
    old, new = PurgeOrder(Purge(), 1000.0), PurgeOrder(Purge("a"), 1000.0)
    both = added([old], new)
    assert both[0] == old and both[1].at > old.at and both[1].what == new.what
    assert added(both, PurgeOrder(Purge("b"), 1000.0 + KEEP_SECONDS + 1)) == [
        PurgeOrder(Purge("b"), 1000.0 + KEEP_SECONDS + 1)
    ]
    many: list[PurgeOrder] = []
    for _ in range(MOST + 5):
        many = added(many, new)
    assert len(many) == MOST and len({order.at for order in many}) == MOST
