from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from arena.config import Loaded
from arena.config.present import render
from arena.model.match import Condition
from arena.model.split import Part, Split

Load = Callable[..., Loaded]
Problems = Callable[..., list[str]]
TEXT = """
services:
  web:
    command: a
    routes:
      - {path: /, split: [{service: web, weight: 90}, {service: web-v2, weight: 10}]}
      - path: /
        name: canary
        match:
          headers: {X-Canary: true, x-b: {prefix: "beta-$$"}}
          cookies: {Who: {present: false}}
          query: {r: {regex: 'v[0-9]+[.]x$$'}, v: 2, w: {present: true}, "x y": {exact: ""}}
        split: [{service: web-v2, weight: 1}]
        split_by: Cookie:Session
  web-v2: {command: b}
"""


def test_conditions_and_splits(load: Load) -> None:
    plain, canary = load(TEXT).project.services[0].routes
    assert (plain.match, plain.split) == ((), Split((Part("web", 90), Part("web-v2", 10)), "principal"))
    assert canary.match == (
        Condition("header", "x-canary", "exact", "true"),
        Condition("header", "x-b", "prefix", "beta-$"),
        Condition("cookie", "Who", "absent"),
        Condition("query", "r", "regex", "v[0-9]+[.]x$"),
        Condition("query", "v", "exact", "2"),
        Condition("query", "w", "present"),
        Condition("query", "x y", "exact", ""),
    )
    assert canary.split == Split((Part("web-v2", 1),), "cookie:Session")
    assert plain.asked == ("web", "web-v2") and canary.asked == ("web-v2",)


def test_it_reads_back(load: Load) -> None:
    project = load(TEXT).project
    assert load(render(project, "yaml", show_secrets=True)).project == project


@pytest.mark.parametrize(
    ("route", "problem"),
    [
        ("split: [{service: wep, weight: 1}]", "split[0].service: there is no service 'wep'"),
        ("split: [{service: old, weight: 1}]", "split[0].service: old is not active: its profiles are dev"),
        ("split: [{service: web, weight: 0}]", "every weight is 0"),
        ("split: [{service: web, weight: 1}, {service: web, weight: 2}]", "names web twice in split"),
        ("split: [{service: web, weight: -1}]", "weight"),
        ("split: [{service: web, weight: 90%}]", "weight"),
        ("split: [{service: web}]", "weight"),
        ("split: []", "split"),
        ("split_by: ip", "has split_by without a split"),
        ("split: [{service: web, weight: 1}], split_by: role", "should be principal, ip, header: or cookie:"),
        ("split: [{service: web, weight: 1}], split_by: 'cookie:'", "should be cookie: with the name of one"),
        ("split: [{service: web, weight: 1}], split_by: 'header:host'", "cannot count by host"),
        ("match: {headers: {host: x}}", "cannot name host"),
        ("match: {headers: {X-A: {exact: a, prefix: b}}}", "has exact and prefix"),
        ("match: {headers: {X-A: {}}}", "needs exact, prefix, regex or present"),
        ("match: {headers: {X-A: {regex: '(a'}}}", "regex: is no regular expression that RE2 takes: missing ): (a"),
        ("match: {cookies: {a: {regex: '(?=a)b'}}}", "regex: is no regular expression that RE2 takes"),
        ("match: {query: {a: {regex: 'a{1001}'}}}", "regex: is no regular expression that RE2 takes"),
        ("match: {query: {a: {regex: ''}}}", "regex: should be a regular expression of 1 to 512"),
        (f"match: {{query: {{a: {{regex: '{'a' * 513}'}}}}}}", "regex: should be a regular expression of 1 to 512"),
        ("match: {query: {a: {regex: a, exact: a}}}", "has exact and regex"),
        ("match: {path: {regex: a}}", "path: is known, but not supported"),
        ("match: {headers: {X-A: a, x-a: b}}", "names the header x-a more than once"),
        ('match: {headers: {X-A: "a\\nb"}}', "printable ASCII"),
        ("match: {cookies: {'a b': x}}", "should be the name of a cookie"),
        ("match: {header: {X-A: x}}", "header"),
    ],
)
def test_mistakes(problems: Problems, route: str, problem: str) -> None:
    services = f"web: {{command: x, routes: [{{path: /, {route}}}]}}, old: {{command: y, profiles: [dev]}}"
    (found,) = problems(f"services: {{{services}}}")
    assert problem in found


def test_a_misspelt_service_is_guessed(load: Load) -> None:
    from arena.config import ConfigInvalid

    with pytest.raises(ConfigInvalid) as caught:
        load("services: {web: {command: x, routes: [{path: /, split: [{service: wep, weight: 1}]}]}}")
    assert caught.value.problems[0].hint == "did you mean 'web'?"


def test_routes_that_differ_in_their_match_do_not_collide(problems: Problems) -> None:
    routes = "{path: /}, {path: /, match: {headers: {x: 1}}}, {path: /, match: {query: {x: 1}}}"
    assert problems(f"services: {{a: {{command: x, routes: [{routes}]}}}}") == []
    (found,) = problems(
        f"services: {{a: {{command: x, routes: [{routes}, {{path: /, match: {{headers: {{X: 1}}}}}}]}}}}"
    )
    assert "matches the same requests" in found


def test_without_the_extra(problems: Problems, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "re2", None)
    (found,) = problems("services: {a: {command: x, routes: [{path: /, match: {query: {a: {regex: b}}}}]}}")
    assert "match.query.a.regex: needs the extra `regex`: pip install 'arena-ops[regex]'" in found
