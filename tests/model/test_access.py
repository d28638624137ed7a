import pytest

from arena.model.access import Rule, split


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("web:GET:/items/**", Rule("web", "GET", ("items", "**"))),
        ("*:*:/**", Rule("*", "*", ("**",))),
        ("a.b-c:post:/x/*/y/", Rule("a.b-c", "POST", ("x", "*", "y"))),
        ("web:GET:/", Rule("web", "GET", ())),
        ("web:GET:/a:b", Rule("web", "GET", ("a:b",))),
        ("web:GET:/é", Rule("web", "GET", ("é",))),
    ],
)
def test_rules(text: str, rule: Rule) -> None:
    assert Rule.parse(text) == rule
    assert Rule.parse(str(rule)) == rule


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("web", "service:METHOD:/path"),
        ("web:/x", "service:METHOD:/path"),
        (":GET:/x", "name of a service"),
        ("we b:GET:/x", "name of a service"),
        ("web:GETS:/x", "one HTTP method"),
        ("web::/x", "one HTTP method"),
        ("web:GET:x", "plain path"),
        ("web:GET:/%41", "plain path"),
        ("web:GET:/a?b", "plain path"),
        ("web:GET:/a\n", "plain path"),
        ("web:GET:/**/x", "whole segment"),
        ("web:GET:/a*", "whole segment"),
        ("web:GET:/***", "whole segment"),
        ("web:GET:/a/../b", "without dots"),
        ("web:GET:/a//b", "without dots"),
    ],
)
def test_what_is_no_rule(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Rule.parse(text)


def test_split() -> None:
    assert [split(path) for path in ("/", "", "/a", "/a/", "/a/b")] == [(), (), ("a",), ("a",), ("a", "b")]
