"""model.breaker: what an order is about."""

from arena.model.breaker import BreakerPlace, BreakerRow


def test_a_place_covers_its_instance_or_all_of_its_service_or_its_route() -> None:
    one, every, route = BreakerPlace("web", "web-1"), BreakerPlace("web"), BreakerPlace(route="web")
    others = [one, BreakerPlace("web", "web-2"), every, BreakerPlace("api", "web-1"), route, BreakerPlace(route="b")]
    assert [one.covers(other) for other in others] == [True, False, False, False, False, False]
    assert [every.covers(other) for other in others] == [True, True, True, False, False, False]
    assert [route.covers(other) for other in others] == [False, False, False, False, True, False]


def test_a_row_says_where_it_is() -> None:
    row = BreakerRow("", "web", "closed", 0, 0.0, None, instance="web-1")
    assert row.place == BreakerPlace("web", "web-1")
    assert BreakerRow("", "web", "closed", 0, 0.0, None, route="all").place == BreakerPlace(route="all")
