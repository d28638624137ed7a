import pytest

from arena.auth.wording import check_name
from arena.errors import UsageError


@pytest.mark.parametrize("name", ["user", "a:b/c", "x" * 256, "role-1", "~"])
def test_words(name: str) -> None:
    assert check_name(name, "role") == name


@pytest.mark.parametrize("name", ["", "two words", 'q"', "a\n", "a\r\nb: c", "é", "back\\slash", "x" * 257])
def test_what_no_header_can_carry(name: str) -> None:
    with pytest.raises(UsageError, match=r"the role .* must be a word"):
        check_name(name, "role")
