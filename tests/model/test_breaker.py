"""model.breaker: which endpoints an order speaks of."""

from arena.model.breaker import BreakerOrder


def test_an_order_covers_its_instance_or_all_of_its_service() -> None:
    one, every = BreakerOrder("trip", "web", "web-1", 0.0), BreakerOrder("trip", "web", "", 0.0)
    places = [("web", "web-1"), ("web", "web-2"), ("web", ""), ("api", "web-1")]
    assert [one.covers(*place) for place in places] == [True, False, False, False]
    assert [every.covers(*place) for place in places] == [True, True, True, False]
