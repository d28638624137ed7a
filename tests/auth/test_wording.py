import pytest

from arena.auth import wording
from arena.auth.wording import check_name
from arena.errors import UsageError


@pytest.mark.parametrize("name", ["user", "a:b/c", "x" * 256, "role-1", "~"])
def test_words(name: str) -> None:
    assert check_name(name, "role") == name


@pytest.mark.parametrize("name", ["", "two words", 'q"', "a\n", "a\r\nb: c", "é", "back\\slash", "x" * 257])
def test_what_no_header_can_carry(name: str) -> None:
    with pytest.raises(UsageError, match=r"the role .* must be a word"):
        check_name(name, "role")


def test_subjects_that_are_no_tokens() -> None:
    assert "API keys" in wording.who_is_called_so("key:partner")
    assert "certificates" in wording.who_is_called_so("cert:partner")
    assert wording.who_is_called_so("ann") == wording.who_is_called_so("keys") == wording.who_is_called_so("") == ""


@pytest.mark.parametrize(
    ("text", "good"), [("ann", True), ("a b", True), ("", False), ("a\n", False), ("x" * 257, False)]
)
def test_labels(text: str, good: bool) -> None:
    assert wording.is_label(text) is good
    if not good:
        with pytest.raises(UsageError, match="1 to 256 printable"):
            wording.check_label(text, "subject", "such as --sub alice")
