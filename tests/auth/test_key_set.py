from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from arena.auth.key_set import MAX_KEYS, KeySet
from arena.auth.verify_key import VerifyKey

ALGORITHMS = ("RS256", "ES256")
KEYS = st.lists(
    st.builds(
        VerifyKey,
        st.integers().map(str),
        st.sampled_from([("RS256",), ("ES256",), ALGORITHMS]),
        st.sampled_from(["", "a", "b", "c"]),
    ),
    max_size=8,
)
KIDS = st.sampled_from([None, "a", "b", "z", "", 7, ["a"]])


@given(KEYS, KIDS, st.sampled_from([*ALGORITHMS, "HS256", "none"]), st.booleans())
def test_a_kid_only_narrows(keys: list[VerifyKey], kid: object, algorithm: str, matter: bool) -> None:
    found = KeySet(keys, ids_matter=matter).candidates(kid, algorithm)
    assert set(found) <= {key for key in keys if algorithm in key.algorithms}
    named = [key for key in keys if key.kid and key.kid == kid and algorithm in key.algorithms]
    if named:
        assert list(found) == named
    if kid is None:
        assert list(found) == [key for key in keys if algorithm in key.algorithms]


@given(KEYS, KIDS)
def test_a_key_with_an_id_never_verifies_what_names_another(keys: list[VerifyKey], kid: object) -> None:
    found = KeySet(keys).candidates(kid, "RS256")
    assert kid is None or all(key.kid in ("", kid) for key in found)


@given(KEYS)
def test_an_unknown_id_is_known_for_one_only_where_keys_have_ids(keys: list[VerifyKey]) -> None:
    found = KeySet(keys)
    assert found.knows(None)
    assert found.knows("z") is not any(key.kid for key in keys)
    assert all(found.knows(key.kid) for key in keys if key.kid)


def test_no_token_costs_more_than_so_many_checks() -> None:
    keys = KeySet(VerifyKey(str(n), ("RS256",), "same") for n in range(MAX_KEYS + 10))
    assert len(keys.candidates("same", "RS256")) == len(keys.candidates(None, "RS256")) == MAX_KEYS
