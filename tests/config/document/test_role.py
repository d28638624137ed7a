from __future__ import annotations

import pytest
from pydantic import ValidationError

from arena.config.document.role import RoleSection


def test_a_single_rule_is_a_list_of_one() -> None:
    section = RoleSection.model_validate({"inherits": "user", "allow": "web:GET:/", "deny": None})
    assert (section.inherits, section.allow, section.deny) == (["user"], ["web:GET:/"], [])


@pytest.mark.parametrize("allow", ["web", ["web:GET:/", "x"], [1], {"a": 1}])
def test_what_is_no_rule(allow: object) -> None:
    with pytest.raises(ValidationError):
        RoleSection.model_validate({"allow": allow})
