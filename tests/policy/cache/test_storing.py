"""policy.cache.storing: for whom a reply may be kept, by table and against the plain model."""

from __future__ import annotations

import pytest
from hypothesis import given

from arena.model.cache import CacheRule
from arena.policy.cache.storing import SHARED, may_have, place, vary
from tests.policy.cache import model
from tests.policy.cache.model import asking, kept, told
from tests.policy.cache.test_freshness import DIRECTIVES, written

RULE = CacheRule()
MAX_AGE = b"cache-control: max-age=5"
ALICE = b"alice"


@given(DIRECTIVES)
def test_as_the_model_has_it(directives: dict[str, int]) -> None:
    facts = told(written(directives))
    for who in (b"", ALICE):
        where = {None: "nowhere", SHARED: "shared", ALICE: "own"}[place(asking(who=who), facts, RULE)]
        assert where == model.may_keep(directives, bool(who))


@given(DIRECTIVES)
def test_what_is_private_never_lies_in_the_shared_place(directives: dict[str, int]) -> None:
    facts = told(written({**directives, "private": 0}))
    assert place(asking(who=ALICE), facts, RULE) in (None, ALICE)
    assert place(asking(), facts, RULE) is None
    assert place(asking(who=ALICE), facts, CacheRule(per="all")) is None


@pytest.mark.parametrize(
    "lines",
    [
        (MAX_AGE, b"set-cookie: a=b"),
        (MAX_AGE, b"vary: *"),
        (MAX_AGE, b"vary: accept, *"),
        (MAX_AGE, b"vary: traceparent"),
        (MAX_AGE, b"content-type: text/event-stream"),
        (b"cache-control: max-age=5; x",),
        (),
    ],
)
def test_nowhere(lines: tuple[bytes, ...]) -> None:
    assert place(asking(), told(*lines), RULE) is None
    assert place(asking(), told(MAX_AGE), RULE) == SHARED


@pytest.mark.parametrize("status", [206, 304, 400, 403, 418, 500, 503])
def test_statuses_that_are_never_kept(status: int) -> None:
    assert place(asking(), told(MAX_AGE, status=status), RULE) is None


def test_a_request_may_forbid_it() -> None:
    assert place(asking(b"cache-control: no-store"), told(MAX_AGE), RULE) is None
    assert place(asking(b"cache-control: a b"), told(MAX_AGE), RULE) is None


def test_a_validator_makes_a_reply_worth_keeping() -> None:
    assert place(asking(), told(b'etag: "a"'), RULE) == SHARED
    assert place(asking(), told(b'etag: "a"', b"cache-control: no-cache"), RULE) == SHARED


def test_somebody_known_gets_only_what_says_that_it_is_for_all() -> None:
    silent, public = kept(MAX_AGE), kept(b"cache-control: public, max-age=5")
    assert may_have(silent, asking()) and may_have(public, asking())
    assert not may_have(silent, asking(who=ALICE)) and may_have(public, asking(who=ALICE))


def test_a_reply_that_varies_by_its_caller_is_theirs() -> None:
    lines = (b"cache-control: public, max-age=5", b"vary: X-Arena-Principal, B")
    assert place(asking(who=ALICE), told(*lines), RULE) == ALICE
    assert place(asking(), told(*lines), RULE) == SHARED  # that is: for callers whom nobody knows
    assert not may_have(kept(*lines), asking(who=ALICE))
    assert vary(told(*lines), RULE) == (b"b",)


def test_what_tells_variants_apart() -> None:
    assert vary(told(b"vary: B", b"content-encoding: gzip"), CacheRule(vary=("a",))) == (b"a", b"accept-encoding", b"b")
    assert vary(told(), RULE) == ()
