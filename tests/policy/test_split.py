from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.policy import split
from arena.policy.split import Draw

KEYS = [f"caller-{number}" for number in range(4000)]
NAMES = st.sampled_from(["a", "b", "c", "d", "é"])
WEIGHTS = st.dictionaries(NAMES, st.integers(0, 1000), min_size=1).filter(lambda weights: any(weights.values()))


def test_the_choice_is_the_same_on_every_machine_for_ever() -> None:
    draw = Draw("web", {"v1": 90, "v2": 10})
    assert "".join(draw.choose(key)[-1] for key in KEYS[:64]) == (
        "1111111111111111111112111211122111111121111111111122121121111111"
    )


@pytest.mark.parametrize("share", [1, 10, 50, 99])
def test_shares_are_what_the_weights_say(share: int) -> None:
    draw = Draw("web", {"v1": 100 - share, "v2": share})
    found = sum(draw.choose(key) == "v2" for key in KEYS) / len(KEYS)
    assert abs(found - share / 100) < 4 * (share / 100 * (1 - share / 100) / len(KEYS)) ** 0.5


def test_from_ten_to_twenty_percent_moves_only_those_ten() -> None:
    before, after = (Draw("web", {"v1": 100 - share, "v2": share}) for share in (10, 20))
    moves = [(before.choose(key), after.choose(key)) for key in KEYS]
    moved = [move for move in moves if move[0] != move[1]]
    assert set(moved) == {("v1", "v2")}
    assert 0.08 < len(moved) / len(KEYS) < 0.12


def test_neither_order_nor_scale_matters_and_routes_are_independent() -> None:
    draw, other = Draw("web", {"a": 9, "b": 1}), Draw("web", {"b": 10, "a": 90})
    assert [draw.choose(key) for key in KEYS] == [other.choose(key) for key in KEYS]
    elsewhere = Draw("api", {"a": 9, "b": 1})
    both = sum(draw.choose(key) == elsewhere.choose(key) == "b" for key in KEYS)
    assert both < 0.03 * len(KEYS)


def test_nobody_goes_to_weight_nothing_and_somebody_must_have_some() -> None:
    draw = Draw("web", {"v1": 0, "v2": 1})
    assert {draw.choose(key) for key in KEYS} == {"v2"}
    with pytest.raises(ValueError, match="every weight is 0"):
        Draw("web", {"v1": 0})
    with pytest.raises(ValueError, match="every weight is 0"):
        Draw("web", {})


@given(before=WEIGHTS, after=WEIGHTS, key=st.text())
def test_a_key_moves_only_to_who_grew_more(before: dict[str, int], after: dict[str, int], key: str) -> None:
    one, other = Draw("", before).choose(key), Draw("", after).choose(key)
    if one != other:
        # The ratio of the two weights turned in favour of the other.
        assert after[other] * before[one] > after.get(one, 0) * before.get(other, 0)


@pytest.mark.parametrize("digest", [b"\0" * 8, b"\xff" * 8])
def test_the_ends_of_the_hash_are_inside_the_open_interval(digest: bytes) -> None:
    assert 0.0 < split._unit(digest) < 1.0


@given(key=st.text(alphabet=st.characters(exclude_categories=())))
def test_any_text_is_a_key(key: str) -> None:
    try:
        key.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return  # no header and no token can hold it
    assert Draw("", {"a": 1, "b": 1}).choose(key) in "ab"
