"""It remembers as a registry would."""

from arena.model.address import Address
from arena.model.workload import Workload
from arena.testing.announcer import FakeAnnouncer


async def test_it_knows_what_is_announced_and_not_withdrawn():
    announcer = FakeAnnouncer()
    web = Workload("web", "service", ("web",), "/", metadata={"version": "1"})
    await announcer.announce(web, "web-1", Address("127.0.0.1", 1))
    assert announcer.known == {"web-1": Address("127.0.0.1", 1)}
    assert announcer.metadata == {"web-1": {"version": "1"}}
    await announcer.withdraw(web, "web-1")
    await announcer.withdraw(web, "web-1")
    assert not announcer.known
    assert announcer.log == ["announce web-1", "withdraw web-1", "withdraw web-1"]
