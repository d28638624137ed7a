"""model.snapshot: weights in metadata."""

import pytest

from arena.model.snapshot import weight


@pytest.mark.parametrize(
    ("told", "number"), [(0, 0.0), (3, 3.0), (1.5, 1.5), ("3", 3.0), ("0.5", 0.5), (65535, 65535.0)]
)
def test_weights(told: object, number: float) -> None:
    assert weight(told) == number


@pytest.mark.parametrize("told", [None, True, "heavy", "", -1, 65536, float("nan"), float("inf"), "nan", [], {}])
def test_what_is_no_weight(told: object) -> None:
    with pytest.raises(ValueError):  # float's own words too
        weight(told)
