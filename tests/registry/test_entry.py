from arena.model.address import Address
from arena.model.snapshot import Endpoint
from arena.registry.entry import Entry, Registration


def test_others_see_the_endpoint_and_not_the_bookkeeping() -> None:
    told = Registration("web", "web-1", Address("a", 1), 5.0, metadata={"k": "v"})
    assert told.key == ("web", "web-1")
    assert Entry(told, "failing", 9.0, "GET /: 500").endpoint == Endpoint(
        "web", "web-1", Address("a", 1), "failing", {"k": "v"}
    )
