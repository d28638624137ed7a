"""model.principal: nobody is taken for somebody else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.auth.wording import is_label
from arena.model.principal import Principal

PARTS = st.text(st.sampled_from("a:/\x1f\0 "), max_size=5)
SUBJECTS = PARTS.filter(is_label)
OURS = st.builds(Principal, SUBJECTS | PARTS.map("cert:".__add__) | PARTS.map("key:".__add__))
THEIRS = st.builds(Principal, SUBJECTS, issuer=PARTS.filter(bool))


@given(OURS | THEIRS, OURS | THEIRS)
def test_two_callers_never_have_one_key(one: Principal, other: Principal) -> None:
    assert (one.key == other.key) is ((one.issuer, one.subject) == (other.issuer, other.subject))
    assert not one.key.startswith("\0"), "so are addresses marked"


@pytest.mark.parametrize(
    ("principal", "key"),
    [
        (Principal("alice"), "alice"),
        (Principal("key:acme"), "key:acme"),
        (Principal("alice", issuer="https://one"), "\x1fhttps://one\x1falice"),
    ],
)
def test_ours_have_their_subject_as_key(principal: Principal, key: str) -> None:
    assert principal.key == key


def test_a_key_follows_and_says_nothing_of_the_token() -> None:
    alice = Principal("alice", token_id="t", expires_at=1.0)
    assert replace(alice, issuer="them").key != alice.key == replace(alice, token_id="u", roles=frozenset("r")).key
