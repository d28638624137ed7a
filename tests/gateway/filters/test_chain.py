"""gateway.filters.chain: the order of a route's filters."""

from __future__ import annotations

import pytest

from arena.auth.issuers import Issuers
from arena.gateway.filters.auth import Authenticator
from arena.gateway.filters.chain import compile_chain
from arena.gateway.filters.limit import Meter
from arena.gateway.stats import Stats
from arena.model.project import Jwt
from arena.model.route import RateLimit, Route

AUTH = Authenticator(Issuers([Jwt("s" * 32)]), lambda: 0.0)
BY_IP, BY_CALLER = RateLimit(1, 1, "ip"), RateLimit(1, 1, "principal")


def meter(scope: str, limit: RateLimit) -> Meter:
    return Meter(scope, limit, Stats())


def kinds(route: Route, *common: RateLimit) -> list[str]:
    chain = compile_chain(route, common, AUTH, meter)
    return ["auth" if one == AUTH.check else getattr(one, "__qualname__", "?").split(".")[0] for one in chain]


@pytest.mark.parametrize(
    ("route", "common", "expected"),
    [
        (Route("r", "s", "/", auth="none"), (), ["Authenticator"]),
        (Route("r", "s", "/"), (), ["auth"]),
        (Route("r", "s", "/", roles=("a",)), (BY_CALLER, BY_IP), ["_by_one", "auth", "require_roles", "_by_one"]),
        (
            Route("r", "s", "/", rate_limits=(BY_IP, BY_CALLER)),
            (BY_CALLER,),
            ["_by_one", "auth", "_by_all"],
        ),
        (Route("r", "s", "/", auth="none", rate_limits=(BY_IP,)), (BY_CALLER,), ["Authenticator", "_by_all"]),
        (Route("r", "s", "/", auth="none", roles=("a",)), (BY_IP,), ["Authenticator", "_by_one"]),
    ],
)
def test_order(route: Route, common: tuple[RateLimit, ...], expected: list[str]) -> None:
    assert kinds(route, *common) == expected


def test_a_limit_of_the_gateway_and_one_of_a_route_are_counted_apart() -> None:
    asked: list[tuple[str, RateLimit]] = []

    def remembered(scope: str, limit: RateLimit) -> Meter:
        asked.append((scope, limit))
        return meter(scope, limit)

    compile_chain(Route("r", "s", "/", rate_limits=(BY_IP,)), (BY_IP,), AUTH, remembered)
    assert asked == [("", BY_IP), ("r", BY_IP)]
