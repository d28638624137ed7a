from __future__ import annotations

import pytest

from arena.gateway.exchange import Exchange
from arena.gateway.filters.template import FACTS, compile_template, names_a_fact
from arena.model import transform
from arena.model.principal import Principal


def test_every_fact_of_the_model_is_known() -> None:
    assert tuple(FACTS) == transform.FACTS


@pytest.mark.parametrize("text", ["", "plain", "${nothing.known}", "${", "a $ b", "${principal.sub"])
def test_what_names_no_fact_is_text(text: str) -> None:
    assert compile_template(text)(None) == text  # type: ignore[arg-type]  # asks the exchange nothing


@pytest.mark.parametrize("text", ["${principal.sub}", "a ${nothing.known} b ${client.ip}"])
def test_what_names_a_fact_is_not_the_same_for_all(text: str) -> None:
    assert names_a_fact(text)


@pytest.mark.parametrize("text", ["", "plain", "${nothing.known}", "${principal.sub"])
def test_what_names_none_is(text: str) -> None:
    assert not names_a_fact(text)


@pytest.mark.parametrize(
    ("principal", "filled"),
    [(None, None), (Principal("ann"), None), (Principal("ann", issuer="https://them"), "ann of https://them")],
)
def test_the_issuer_is_there_where_it_is_not_ours(principal: Principal | None, filled: str | None) -> None:
    x = Exchange.__new__(Exchange)
    x.principal = principal
    assert compile_template("${principal.sub} of ${principal.iss}")(x) == filled
