"""gateway.routing: who answers."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.gateway.stats import Stats
from arena.gateway.table import routing
from arena.gateway.table.match import Match
from arena.gateway.table.route import CompiledRoute, Service
from arena.gateway.table.routing import Table
from arena.model.route import Route
from arena.policy.retry import RetryBudget


def table(*routes: Route) -> Table:
    stats = Stats()
    compiled = [
        CompiledRoute(one, Service(one.service, (), RetryBudget()), (), stats.route(one.name, one.service), 1, 1.0)
        for one in routes
    ]
    pages = {b"/health": lambda _x: None}
    return Table(compiled, pages, stats.route("arena", ""), stats.route("", ""))  # type: ignore[arg-type]


def name_of(match: Match) -> str | int:
    if match.route is not None:
        return match.route.route.name
    return match.refusal.status if match.refusal is not None else "page"


def route(name: str, path: str = "/", **kwargs: object) -> Route:
    return Route(name, "svc", path, **kwargs)  # type: ignore[arg-type]


PATHS = table(route("root"), route("a", "/a"), route("ab", "/a/b/"), route("deep", "/x/y/z"))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (b"/", "root"),
        (b"/ab", "root"),
        (b"/a", "a"),
        (b"/a/", "a"),
        (b"/a/c", "a"),
        (b"/a/b", "ab"),
        (b"/a/b/c", "ab"),
        (b"/a/bc", "a"),
        (b"/x/y", "root"),
        (b"/x/y/z/1", "deep"),
        (b"/A", "root"),
        (b"/a/../x/y/z", "deep"),
        (b"/a%2Fb", "ab"),
        (b"/health", "page"),
        (b"/health/", "root"),
        (b"/healthy", "root"),
        (b"/%68ealth", "page"),
        (b"/%zz", 400),
        (b"/..%2f", 400),
        (b"/a/c;v=1", "a"),
        (b"/nowhere;v=1/a", "root"),
        (b"/a;v=1", 400),  # /a to some servers, and guarded as that; not to others
        (b"/a/b;v=1/c", 400),
        (b"/;v=1/a", 400),
        (b"/q/..;/a", 400),
    ],
)
def test_the_longest_prefix_wins_at_a_segment_border(path: bytes, name: str | int) -> None:
    assert name_of(PATHS.match(b"GET", b"h", path)) == name


HOSTS = table(
    route("any"),
    route("any-a", "/a"),
    route("exact", hosts=("api.example.org",)),
    route("wild", hosts=("*.example.org",)),
    route("wilder", hosts=("*.eu.example.org",)),
    route("two", "/two", hosts=("one.test", "two.test")),
)


@pytest.mark.parametrize(
    ("host", "path", "name"),
    [
        (b"api.example.org", b"/", "exact"),
        (b"api.example.org", b"/a", "exact"),
        (b"www.example.org", b"/", "wild"),
        (b"a.b.example.org", b"/", "wild"),
        (b"x.eu.example.org", b"/", "wilder"),
        (b"example.org", b"/", "any"),
        (b"other", b"/a", "any-a"),
        (b"notexample.org", b"/", "any"),
        (b"two.test", b"/two", "two"),
        (b"one.test", b"/a", "any-a"),
        (b"", b"/", "any"),
        (b".example.org", b"/", "any"),
        (b"x.y.eu.example.org", b"/", "wilder"),
        (b"eu.example.org", b"/", "wild"),
        (b"api.example.org.evil.test", b"/", "any"),
    ],
)
def test_a_closer_host_wins(host: bytes, path: bytes, name: str) -> None:
    assert name_of(HOSTS.match(b"GET", host, path)) == name


def test_what_a_wildcard_does_not_take_is_left_to_the_next_host() -> None:
    one = table(route("deep", "/x", hosts=("*.eu.example.org",)), route("wide", "/y", hosts=("*.example.org",)))
    names = [name_of(one.match(b"GET", b"a.eu.example.org", path)) for path in (b"/x/1", b"/y/1", b"/z")]
    assert names == ["deep", "wide", 404]


def test_a_host_is_found_as_fast_among_many_wildcards() -> None:
    few = table(route("w", hosts=("*.t0.example.org",)))
    many = table(*(route(f"w{n}", hosts=(f"*.t{n}.example.org",)) for n in range(3000)))

    def cost(one: Table) -> float:
        times = []
        for _ in range(7):
            began = time.perf_counter()
            for _ in range(200):
                one._groups_of(b"a.b.c.t0.example.org")
            times.append(time.perf_counter() - began)
        return min(times)

    assert cost(many) < 10 * cost(few), "3000 of them looked at one by one would take a thousand times as long"


METHODS = table(
    route("all", "/"),
    route("read", "/doc", methods=("GET",)),
    route("write", "/doc", methods=("POST", "PUT")),
    route("get-first", "/mix"),
    route("post-mix", "/mix", methods=("POST",)),
)


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        (b"GET", b"/doc", "read"),
        (b"HEAD", b"/doc", "read"),
        (b"PUT", b"/doc", "write"),
        (b"DELETE", b"/doc", 405),
        (b"POST", b"/mix", "post-mix"),
        (b"GET", b"/mix", "get-first"),
        (b"DELETE", b"/", "all"),
        (b"POST", b"/health", 405),
        (b"HEAD", b"/health", "page"),
    ],
)
def test_methods(method: bytes, path: bytes, name: str | int) -> None:
    assert name_of(METHODS.match(method, b"h", path)) == name


def test_a_refused_method_is_told_what_is_allowed_and_never_falls_to_a_broader_route() -> None:
    refusal = METHODS.match(b"DELETE", b"h", b"/doc/1").refusal
    assert refusal is not None
    assert refusal.headers == (b"allow: GET, HEAD, POST, PUT",)


def test_no_route_is_404() -> None:
    assert name_of(table(route("a", "/a")).match(b"GET", b"h", b"/b")) == 404
    assert name_of(table(route("a", "/a")).match(b"OPTIONS", b"h", b"*")) == 404


@pytest.mark.parametrize(
    ("path", "sent", "prefix"),
    [
        (b"/api", b"/", b"x-forwarded-prefix: /api\r\n"),
        (b"/api/", b"/", b"x-forwarded-prefix: /api\r\n"),
        (b"/api/v1/x", b"/v1/x", b"x-forwarded-prefix: /api\r\n"),
        (b"/api/../api/./v1", b"/v1", b"x-forwarded-prefix: /api\r\n"),
        (b"/api/a%2fb", b"/a%2Fb", b"x-forwarded-prefix: /api\r\n"),
        (b"/keep/x", b"/keep/x", b""),
        (b"/other", b"/other", b""),
    ],
)
def test_strip_path(path: bytes, sent: bytes, prefix: bytes) -> None:
    match = table(route("s", "/api", strip_path=True), route("k", "/keep"), route("r", "/", strip_path=True)).match(
        b"GET", b"h", path
    )
    assert (match.path, match.forwarded_prefix) == (sent, prefix)


@pytest.mark.parametrize(
    "path", [b"/api%2Fv1/x", b"/api/v1%2fx", b"/api/v1%2f", b"/api/v1%2F/x", b"/api/v1%5cx", b"/%2fapi/v1/x"]
)
def test_a_prefix_with_an_encoded_slash_in_it_or_behind_it_cannot_be_stripped(path: bytes) -> None:
    assert name_of(table(route("s", "/api/v1", strip_path=True), route("r")).match(b"GET", b"h", path)) == 400


@pytest.mark.parametrize("strip", [False, True])
@pytest.mark.parametrize(
    "path", [b"/public%2f..%2fadmin", b"/public/..%2fadmin", b"/admin%2fx", b"/%2fadmin", b"/public%2f%2e%2e/admin"]
)
def test_no_encoded_slash_leads_around_a_guarded_route(path: bytes, strip: bool) -> None:
    routes = (route("r"), route("public", "/public", strip_path=strip), route("admin", "/admin", strip_path=strip))
    assert name_of(table(*routes).match(b"GET", b"h", path)) in ("admin", 400)


_pieces = st.lists(st.sampled_from(["/", "%2f", "%2F", "%5c", "a", "b", "..", "."]), max_size=8).map("".join)


@given(_pieces)
def test_what_is_sent_starts_with_a_slash(rest: str) -> None:
    one = table(route("r"), route("a", "/a", strip_path=True), route("ab", "/a/b", strip_path=True))
    match = one.match(b"GET", b"h", b"/" + rest.encode())
    assert match.refusal is not None or match.path.startswith(b"/")


def test_the_log_gets_the_path_as_asked_for() -> None:
    part = table(route("r")).match(b"GET", b"h", b"/a/../b").log_part
    assert part == b'"method":"GET","path":"/a/../b","route":"r","service":"svc"'
    part = table(route("s", "/a", strip_path=True)).match(b"GET", b"h", b"/a/b").log_part
    assert part == b'"method":"GET","path":"/a/b","route":"s","service":"svc"'


def test_matches_are_remembered_and_forgotten_in_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routing, "_KEEP_MATCHES", 10)
    one = table(route("r"))
    assert one.match(b"GET", b"h", b"/x") is one.match(b"GET", b"h", b"/x")
    for n in range(100):
        one.match(b"GET", b"h", b"/%d" % n)
        assert len(one._matches) <= 10


_segment = st.sampled_from(["a", "b", "c"])
_paths = st.lists(_segment, max_size=3).map(lambda parts: "/" + "/".join(parts))


@given(st.sets(_paths, min_size=1, max_size=6), _paths)
def test_longest_prefix_by_definition(prefixes: set[str], asked: str) -> None:
    chosen = table(*(route(prefix, prefix) for prefix in prefixes)).match(b"GET", b"h", asked.encode())
    fitting = [p for p in prefixes if p in ("/", asked) or asked.startswith(p + "/")]
    assert name_of(chosen) == (max(fitting, key=len) if fitting else 404)


def test_a_path_that_is_not_remembered_is_found_in_a_long_table_as_in_a_short_one() -> None:
    def seconds(asked: Table, path: bytes) -> float:
        def once(number: int) -> float:
            began = time.perf_counter()
            asked.match(b"GET", b"h", path % number)
            return time.perf_counter() - began

        return min(once(number) for number in range(100))

    short, long = (table(*(route(f"r{n}", f"/r{n}/x") for n in range(count))) for count in (10, 5000))
    assert seconds(long, b"/r1/x/%d") < 5 * seconds(short, b"/r1/x/%d")
    assert seconds(long, b"/a" * 10_000 + b"/%d") < 20 * seconds(long, b"/" + b"a" * 20_000 + b"/%d")
