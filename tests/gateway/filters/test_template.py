from __future__ import annotations

import pytest

from arena.gateway.filters.template import FACTS, compile_template
from arena.model import transform


def test_every_fact_of_the_model_is_known() -> None:
    assert tuple(FACTS) == transform.FACTS


@pytest.mark.parametrize("text", ["", "plain", "${nothing.known}", "${", "a $ b", "${principal.sub"])
def test_what_names_no_fact_is_text(text: str) -> None:
    assert compile_template(text)(None) == text  # type: ignore[arg-type]  # asks the exchange nothing
