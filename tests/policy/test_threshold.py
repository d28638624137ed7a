import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.policy.threshold import Standing, Threshold


def walk(threshold: Threshold, answers: str, standing: Standing | None = None) -> str:
    """Each answer: `+` good, `-` bad, `~` bad within the start period. Returns the state after each as s, i or o."""
    standing = standing or Standing()
    states = ""
    for answer in answers:
        standing = threshold.judge(standing, answer == "+", start_period=answer == "~")
        states += standing.state[0]
    return states


@pytest.mark.parametrize(
    ("retries", "successes", "answers", "states"),
    [
        (3, 1, "+", "i"),
        (3, 2, "+", "i"),
        (3, 1, "---", "sso"),
        (3, 1, "~~~~~~", "ssssss"),
        (3, 1, "~~--~-", "ssssso"),
        (3, 1, "+~~~", "iiio"),
        (3, 1, "+--+--+", "iiiiiii"),
        (3, 2, "+---+-++", "iiioooo" + "i"),
        (1, 1, "-+-+", "oioi"),
        (2, 3, "--++-+++", "so" + "ooooo" + "i"),
    ],
)
def test_standing_follows_the_table(retries: int, successes: int, answers: str, states: str) -> None:
    assert walk(Threshold(retries, successes), answers) == states


@given(st.integers(1, 5), st.integers(1, 5), st.text(alphabet="+-", max_size=60))
def test_only_full_runs_change_a_standing(retries: int, successes: int, answers: str) -> None:
    states = "i" + walk(Threshold(retries, successes), answers, Standing("in"))
    for index in range(1, len(states)):
        if states[index] == states[index - 1]:
            continue
        needed = "-" * retries if states[index] == "o" else "+" * successes
        assert answers[:index].endswith(needed)


@given(st.integers(1, 5), st.integers(1, 5), st.text(alphabet="+-", max_size=60))
def test_a_full_run_always_decides(retries: int, successes: int, answers: str) -> None:
    threshold = Threshold(retries, successes)
    assert walk(threshold, answers + "-" * retries)[-1] == "o"
    assert walk(threshold, answers + "+" * successes)[-1] == "i"


@pytest.mark.parametrize(("retries", "successes"), [(0, 1), (1, 0), (-1, 1)])
def test_counts_below_one_are_refused(retries: int, successes: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Threshold(retries, successes)
