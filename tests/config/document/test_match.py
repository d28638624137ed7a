from __future__ import annotations

import pytest
from pydantic import ValidationError

from arena.config.document.match import MatchSection, PartSection


@pytest.mark.parametrize(("given", "exact"), [("a", "a"), (1, "1"), (1.5, "1.5"), (True, "true"), (False, "false")])
def test_a_plain_value_is_exact(given: object, exact: str) -> None:
    section = MatchSection.model_validate({"headers": {"X-A": given}, "cookies": {"a": given}, "query": {"a": given}})
    assert section.headers["X-A"].exact == section.cookies["a"].exact == section.query["a"].exact == exact


def test_an_empty_value_can_be_asked_of_the_query_alone() -> None:
    assert MatchSection.model_validate({"query": {"a": ""}}).query["a"].exact == ""
    with pytest.raises(ValidationError, match="printable ASCII"):
        MatchSection.model_validate({"headers": {"X-A": ""}})


@pytest.mark.parametrize("weight", [-1, 1_000_001, "x", None, 1.5])
def test_weights_are_whole_and_not_negative(weight: object) -> None:
    with pytest.raises(ValidationError):
        PartSection.model_validate({"service": "a", "weight": weight})
