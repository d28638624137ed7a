import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.auth.errors import TokenRevoked
from arena.auth.revocation import Revocation, Revocations, added
from arena.model.principal import Principal

ROWS = [Revocation("token", "t1", 50), Revocation("subject", "ann", 100)]


def refused(rows: list[Revocation], subject: str, token_id: str = "", issued_at: float = 0.0) -> bool:
    try:
        Revocations(rows).check(Principal(subject, token_id=token_id, issued_at=issued_at))
    except TokenRevoked:
        return True
    return False


@pytest.mark.parametrize(
    ("subject", "token_id", "issued_at", "verdict"),
    [
        ("bob", "t1", 1000, True),
        ("bob", "t2", 10, False),
        ("bob", "", 10, False),
        ("ann", "t2", 99, True),
        ("ann", "t2", 100, True),  # in that very second: nobody can tell before from after
        ("ann", "t2", 100.9, True),
        ("ann", "t2", 101, False),
        ("ann", "", 0, True),  # does not say when it was issued
        ("t1", "ann", 1000, False),  # a subject is no token id
    ],
)
def test_what_is_refused(subject: str, token_id: str, issued_at: float, verdict: bool) -> None:
    assert refused(ROWS, subject, token_id, issued_at) is verdict


def test_nothing_is_refused_at_first_or_after_it_was_replaced() -> None:
    revoked = Revocations(ROWS)
    revoked.replace([])
    for each in (revoked, Revocations()):
        each.check(Principal("ann", token_id="t1"))
        assert each.issued_after("ann") == 0
    assert Revocations(ROWS).issued_after("ann") == 101


def test_of_two_revocations_of_a_subject_the_later_counts_in_any_order() -> None:
    rows = [Revocation("subject", "ann", 100), Revocation("subject", "ann", 50)]
    for order in (rows, rows[::-1]):
        assert refused(order, "ann", issued_at=80)


@pytest.mark.parametrize("ours", ["arena", "renamed"])
def test_a_revocation_of_one_issuers_refuses_no_namesake_and_one_of_nobody_in_particular_all(ours: str) -> None:
    rows = [
        Revocation("token", "t", 50, issuer="them"),
        Revocation("subject", "ann", 100, issuer="arena"),
        Revocation("subject", "bob", 100),
        Revocation("token", "u", 50),
    ]
    revoked = Revocations(rows, ours=ours)

    def refuses(subject: str, token_id: str, issuer: str) -> bool:
        try:
            revoked.check(Principal(subject, token_id=token_id, issued_at=60, issuer=issuer))
        except TokenRevoked:
            return True
        return False

    assert [refuses("x", "t", issuer) for issuer in ("", "them", "those")] == [False, True, False]
    assert [refuses("x", "u", issuer) for issuer in ("", "them", "those")] == [True] * 3
    assert [refuses("bob", "", issuer) for issuer in ("", "them", "those")] == [True] * 3
    # What was revoked of an issuer stays so when another becomes the one we sign for.
    mine = "" if ours == "arena" else "arena"
    assert [refuses("ann", "", issuer) for issuer in (mine, "them", "those")] == [True, False, False]
    assert revoked.issued_after("ann", mine) == 101 and revoked.issued_after("ann", "them") == 0


@pytest.mark.parametrize(
    ("principal", "message", "hint"),
    [
        (Principal("ann"), "every token", "arena token issue"),
        (Principal("ann", issuer="them"), "every token", "its issuer"),
        (Principal("cert:ann"), "every client certificate", "issued after that"),
        (Principal("x", token_id="t", issuer="them"), "the token was revoked", "its issuer"),
    ],
)
def test_what_to_do_about_it(principal: Principal, message: str, hint: str) -> None:
    rows = [Revocation("subject", "ann", 9), Revocation("subject", "cert:ann", 9), Revocation("token", "t", 9)]
    with pytest.raises(TokenRevoked, match=message) as refusal:
        Revocations(rows).check(principal)
    assert hint in refusal.value.hint


def test_adding_keeps_another_issuers() -> None:
    rows = [Revocation("subject", "ann", 1), Revocation("subject", "ann", 1, issuer="them")]
    again = Revocation("subject", "ann", 9, issuer="them")
    assert added(rows, again, now=9.0) == [rows[0], again]


def test_adding_replaces_and_forgets_what_is_over() -> None:
    rows = [Revocation("token", "old", 1, until=60.0), Revocation("token", "t", 1), Revocation("subject", "t", 1)]
    again = Revocation("token", "t", 70)
    assert added(rows, again, now=60.0) == [Revocation("subject", "t", 1), again]


_ROWS = st.lists(
    st.builds(Revocation, st.sampled_from(["token", "subject"]), st.sampled_from("ab"), st.integers(0, 9)), max_size=6
)


@given(_ROWS, st.builds(Revocation, st.sampled_from(["token", "subject"]), st.sampled_from("ab"), st.integers(10, 20)))
def test_what_was_refused_stays_refused_when_a_later_one_is_added(rows: list[Revocation], new: Revocation) -> None:
    for subject in "ab":
        for token_id in "ab":
            for issued_at in range(22):
                if refused(rows, subject, token_id, issued_at):
                    assert refused(added(rows, new, 15.0), subject, token_id, issued_at)
    match = (new.name, "") if new.kind == "subject" else ("", new.name)
    assert refused(added(rows, new, 15.0), *match, issued_at=new.at)
