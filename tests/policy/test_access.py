import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.model.access import Role, Rule
from arena.policy.access import Access, Decision, fits


def role(name: str, *inherits: str, allow: tuple[str, ...] = (), deny: tuple[str, ...] = ()) -> Role:
    return Role(name, inherits, tuple(map(Rule.parse, allow)), tuple(map(Rule.parse, deny)))


ACCESS = Access(
    [
        role("user", allow=("web:GET:/**", "ai:POST:/generate"), deny=("web:*:/secret/**",)),
        role("admin", "user", allow=("*:*:/**",)),
        role("auditor", allow=("web:GET:/secret/**",)),
        role("one", "two", allow=("web:GET:/one",)),
        role("two", "one", allow=("web:GET:/two",)),
    ]
)


@pytest.mark.parametrize(
    ("roles", "asked", "allowed", "decided"),
    [
        (["user"], "web GET /a/b", True, "user web:GET:/**"),
        (["user"], "web HEAD /a", True, "user web:GET:/**"),
        (["user"], "web POST /a", False, ""),
        (["user"], "ai POST /generate", True, "user ai:POST:/generate"),
        (["user"], "ai POST /generate/", True, "user ai:POST:/generate"),
        (["user"], "ai POST /generate/x", False, ""),
        (["user"], "web GET /secret", False, "user web:*:/secret/**"),
        (["admin"], "web DELETE /a", True, "admin *:*:/**"),
        (["admin"], "web GET /secret/x", False, "user web:*:/secret/**"),  # inherited, and wins
        (["auditor"], "web GET /secret/x", True, "auditor web:GET:/secret/**"),
        (["auditor", "user"], "web GET /secret/x", False, "user web:*:/secret/**"),
        (["stranger"], "web GET /a", False, ""),
        ([], "web GET /a", False, ""),
        (["one"], "web GET /two", True, "two web:GET:/two"),  # a circle, which the configuration refuses, does no harm
    ],
)
def test_decisions(roles: list[str], asked: str, allowed: bool, decided: str) -> None:
    found = ACCESS.decide(roles, *asked.split())
    assert (found.allowed, f"{found.role} {found.rule}" if found.rule else "") == (allowed, decided)


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("/", ["/", ""], ["/a"]),
        ("/**", ["/", "/a", "/a/b/c"], []),
        ("/*", ["/a", "/a/"], ["/", "/a/b"]),
        ("/a/*/c", ["/a/b/c"], ["/a/c", "/a/b/b/c", "/a/b/c/d"]),
        ("/a/**", ["/a", "/a/b", "/a/b/c"], ["/", "/ab", "/b/a"]),
        ("/A", ["/A"], ["/a"]),
    ],
)
def test_paths(pattern: str, yes: list[str], no: list[str]) -> None:
    rule = Rule.parse(f"*:*:{pattern}")
    access = Access([Role("r", allow=(rule,))])
    for path in (*yes, *no):
        assert access.decide(["r"], "s", "GET", path).allowed is (path in yes), path


_RULES = st.builds(
    Rule,
    st.sampled_from(["*", "web", "ai"]),
    st.sampled_from(["*", "GET", "POST"]),
    st.lists(st.sampled_from(["a", "b", "*"]), max_size=2).flatmap(
        lambda parts: st.sampled_from([tuple(parts), (*parts, "**")])
    ),
)
_ROLES = st.lists(
    st.builds(
        Role,
        st.sampled_from("xyz"),
        st.lists(st.sampled_from("xyz"), max_size=2).map(tuple),
        st.lists(_RULES, max_size=3).map(tuple),
        st.lists(_RULES, max_size=2).map(tuple),
    ),
    max_size=3,
    unique_by=lambda role: role.name,
)
_ASKED = st.tuples(
    st.sampled_from(["web", "ai"]),
    st.sampled_from(["GET", "HEAD", "POST"]),
    st.lists(st.sampled_from("abc"), max_size=3).map(lambda parts: "/" + "/".join(parts)),
)


@given(_ROLES, st.sets(st.sampled_from("xyz")), _ASKED)
def test_a_denial_always_wins_and_nothing_is_allowed_without_a_rule(
    roles: list[Role], names: set[str], asked: tuple[str, str, str]
) -> None:
    access = Access(roles)
    held = [each for each in roles if each.name in access.closure(names)]
    segments = tuple(part for part in asked[2].split("/") if part)

    def speaks(rules: tuple[Rule, ...]) -> bool:
        return any(fits(rule, asked[0], asked[1], segments) for rule in rules)

    denied, allowed = any(speaks(each.deny) for each in held), any(speaks(each.allow) for each in held)
    found = access.decide(names, *asked)
    assert found.allowed is (allowed and not denied)
    assert (found.rule is None) is not (allowed or denied)


@given(_ROLES, st.sets(st.sampled_from("xyz")), _ASKED)
def test_a_role_more_never_lifts_a_denial(roles: list[Role], names: set[str], asked: tuple[str, str, str]) -> None:
    access = Access(roles)
    before = access.decide(names, *asked)
    after = access.decide(names | {"x", "y", "z"}, *asked)
    if before.rule is not None and not before.allowed:
        assert after.rule is not None and not after.allowed


def test_without_roles_nothing_is_said() -> None:
    assert not Access()
    assert Access().decide(["a"], "web", "GET", "/") == Decision(False)
    assert Access().closure(["a"]) == {"a"}


@given(_ROLES, st.sets(st.sampled_from("xyz")), _ASKED, st.lists(st.sampled_from(["web", "ai"]), max_size=2))
def test_what_is_weighed_is_what_speaks_most_against(
    roles: list[Role], names: set[str], asked: tuple[str, str, str], others: list[str]
) -> None:
    access, (service, method, path) = Access(roles), asked
    paths = [path, "/a/b"]
    found, _ = access.weigh(names, [service, *others], method, paths)
    own = [access.decide(names, service, method, each) for each in paths]
    denials = [access.denial(names, other, method, each) for other in others for each in paths]
    denied = any(not each.allowed and each.rule is not None for each in [*own, *denials])
    assert (not found.allowed and found.rule is not None) is denied
    assert found.allowed is (not denied and all(each.allowed for each in own))


def test_which_services_denials_name() -> None:
    access = Access([role("user", allow=("web:*:/**",), deny=("ai:*:/x", "*:*:/y"))])
    assert [access.names(each) for each in ("ai", "web", "*", "")] == [True, False, True, False]
