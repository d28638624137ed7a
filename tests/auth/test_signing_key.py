import base64

from hypothesis import given
from hypothesis import strategies as st

from arena.auth import signing_key
from arena.auth.signing_key import LIFETIME, OVERLAP, SigningKey

T = 1_000_000.0


def test_a_pair_of_256_bits_and_an_id_of_its_own() -> None:
    one, other = signing_key.make(T), signing_key.make(T)
    assert one.private != other.private and one.public.kid != other.public.kid
    for text in (one.private, one.public.x, one.public.kid):
        assert len(base64.urlsafe_b64decode(text + "=")) == 32


def test_the_thumbprint_is_that_of_the_standard() -> None:
    """RFC 8037 appendix A.3."""
    x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    assert signing_key.thumbprint(x) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_the_first_key_is_made() -> None:
    (only,) = signing_key.turn((), T)
    assert only.created_at == T
    assert signing_key.turn((only,), T + LIFETIME - 1) == (only,)


def test_a_key_is_followed_when_it_is_old_and_believed_for_a_while_after() -> None:
    old = signing_key.make(T)
    kept, new = signing_key.turn((old,), T + LIFETIME)
    assert kept == old and new.created_at == T + LIFETIME
    assert signing_key.turn((old, new), T + LIFETIME + OVERLAP - 1) == (old, new)
    assert signing_key.turn((old, new), T + LIFETIME + OVERLAP) == (new,)


@given(st.lists(st.floats(0, 10 * LIFETIME), max_size=6), st.floats(0, 10 * LIFETIME))
def test_there_is_always_a_young_one_and_a_second_turn_changes_nothing(ages: list[float], now: float) -> None:
    keys = tuple(SigningKey(signing_key.PublicKey(str(n), "x"), "p", at) for n, at in enumerate(ages))
    turned = signing_key.turn(keys, now)
    assert now - turned[-1].created_at < LIFETIME
    assert signing_key.turn(turned, now) == turned
