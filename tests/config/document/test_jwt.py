"""config.document.jwt: one section, or a list of them."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from arena.config.document.gateway import AuthSection
from arena.config.document.jwt import JwtSection


def test_one_or_several() -> None:
    assert AuthSection.model_validate({}).jwt == JwtSection()
    assert AuthSection.model_validate({"jwt": None}).jwt == JwtSection()
    assert AuthSection.model_validate({"jwt": {"issuer": "a"}}).jwt == JwtSection(issuer="a")
    assert AuthSection.model_validate({"jwt": [{"issuer": "a"}, None]}).jwt == [JwtSection(issuer="a"), JwtSection()]


@pytest.mark.parametrize("value", ["text", 7, [], [[]], ["text"]])
def test_neither(value: object) -> None:
    with pytest.raises(ValidationError):
        AuthSection.model_validate({"jwt": value})


def test_a_word_is_a_list_of_one() -> None:
    section = JwtSection.model_validate({"secret": "s", "audience": "a", "algorithms": "ES256"})
    assert (section.secret, section.audience, section.algorithms) == (["s"], ["a"], ["ES256"])


@pytest.mark.parametrize("written", [{"secret": []}, {"algorithms": []}, {"leeway": "61m"}, {"leeway": "9999d"}])
def test_what_would_let_in_others_than_it_seems(written: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        JwtSection.model_validate(written)
