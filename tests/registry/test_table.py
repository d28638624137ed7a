import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from arena.model.address import Address
from arena.model.service import Probe
from arena.registry.entry import Check, Registration
from arena.registry.table import Table

HERE = Address("127.0.0.1", 8001)
CHECK = Check(HERE, Probe(http="/health"))


def told(instance: str = "web-1", port: int = 8001, ttl: float | None = 10.0, **more) -> Registration:
    return Registration("web", instance, Address("127.0.0.1", port), ttl, **more)


@pytest.fixture
def table() -> Table:
    return Table("e1")


def test_a_new_table_is_empty_at_version_0(table) -> None:
    assert (table.snapshot.version, table.snapshot.epoch, table.snapshot.endpoints) == (0, "e1", ())


def test_of_an_instance_without_a_check_nothing_is_claimed(table) -> None:
    table.register(told(), 0)
    assert [endpoint.health for endpoint in table.snapshot.endpoints] == ["unknown"]
    assert table.heartbeat(("web", "web-1"), 9)
    assert table.expire(18.9) == ()
    assert [entry.registration.instance for entry in table.expire(19)] == ["web-1"]
    assert table.snapshot.endpoints == ()


def test_an_instance_with_a_check_is_unknown_until_judged(table) -> None:
    table.register(told(check=CHECK), 0)
    assert table.snapshot.endpoints[0].health == "unknown"
    assert table.mark(("web", "web-1"), "passing", "GET /health: 200")
    assert table.snapshot.endpoints[0].health == "passing"
    assert table.entries[0].detail == "GET /health: 200"


def test_a_static_entry_never_expires(table) -> None:
    table.register(told(ttl=None), 0)
    assert table.expire(1e12) == ()


def test_what_nobody_can_see_costs_no_version(table) -> None:
    table.register(told(), 0)
    before = table.snapshot
    table.register(told(), 1)
    table.heartbeat(("web", "web-1"), 2)
    table.mark(("web", "web-1"), "unknown", "other words")
    table.expire(3)
    assert table.snapshot is before


def test_unknown_instances_are_told_so(table) -> None:
    assert not table.heartbeat(("web", "web-1"), 0)
    assert not table.deregister(("web", "web-1"))
    assert not table.mark(("web", "web-1"), "passing", "")
    assert table.snapshot.version == 0


def test_registering_again_adds_to_what_is_known(table) -> None:
    table.register(told(check=CHECK, metadata={"a": 1, "b": 1}), 0)
    table.mark(("web", "web-1"), "passing", "")
    table.register(told(metadata={"b": 2, "c": 3}), 1)
    entry = table.entries[0]
    assert entry.registration.metadata == {"a": 1, "b": 2, "c": 3}
    assert (entry.registration.check, entry.health) == (CHECK, "passing")


@pytest.mark.parametrize(
    ("old", "new", "kept"), [(True, False, 0), (True, True, 1), (False, False, 1), (False, True, 1)]
)
def test_a_check_with_spelt_out_terms_outranks_one_without(table, old: bool, new: bool, kept: int) -> None:
    checks = [Check(HERE, Probe(http="/a"), explicit=old), Check(HERE, Probe(http="/b"), explicit=new)]
    for check in checks:
        table.register(told(check=check), 0)
    assert table.entries[0].registration.check == checks[kept]


def test_at_another_address_an_instance_starts_afresh(table) -> None:
    table.register(told(check=CHECK, metadata={"a": 1}), 0)
    table.mark(("web", "web-1"), "passing", "")
    table.register(told(port=8002, check=CHECK), 1)
    endpoint = table.snapshot.endpoints[0]
    assert (endpoint.address.port, endpoint.health, endpoint.metadata) == (8002, "unknown", {})


def test_a_ghost_at_the_same_address_makes_room(table) -> None:
    table.register(told("web-1"), 0)
    table.register(told("web-2"), 1)
    assert [endpoint.instance for endpoint in table.snapshot.endpoints] == ["web-2"]


def test_another_service_at_the_same_address_stays(table) -> None:
    table.register(told(), 0)
    table.register(Registration("db", "db-1", HERE, 10.0), 1)
    assert len(table.snapshot.endpoints) == 2


def test_a_restart_brings_everything_back_with_a_whole_ttl(table) -> None:
    table.register(told(check=CHECK), 0)
    table.mark(("web", "web-1"), "passing", "")
    table.register(told("ext-1", 9000, ttl=None), 0)
    later = Table("e2")
    later.restore(table.entries, 500)
    assert later.snapshot.endpoints == table.snapshot.endpoints
    assert (later.snapshot.version, later.snapshot.epoch) == (1, "e2")
    assert later.expire(509.9) == ()
    assert later.expire(510) == ()  # its check still passes, so it lives, whoever should have said so
    later.mark(("web", "web-1"), "failing", "")
    assert [entry.registration.instance for entry in later.expire(510)] == ["web-1"]


class TableMachine(RuleBasedStateMachine):
    """Against a model: a dict of (deadline) by instance, those whose check passes, and the versions seen."""

    def __init__(self) -> None:
        super().__init__()
        self.table = Table("e")
        self.now = 0.0
        self.model: dict[tuple[str, str], float | None] = {}
        self.well: set[tuple[str, str]] = set()
        self.seen = self.table.snapshot

    names = st.sampled_from(["web-1", "web-2", "web-3"])

    @rule(name=names, ttl=st.sampled_from([None, 1.0, 5.0]), check=st.booleans(), meta=st.integers(0, 2))
    def register(self, name: str, ttl: float | None, check: bool, meta: int) -> None:
        registration = told(name, 8000 + int(name[-1]), ttl, check=CHECK if check else None, metadata={"m": meta})
        self.table.register(registration, self.now)
        self.model["web", name] = None if ttl is None else self.now + ttl

    @rule(name=names)
    def heartbeat(self, name: str) -> None:
        key = "web", name
        assert self.table.heartbeat(key, self.now) == (key in self.model)
        entry = self.table.get(key)
        if entry is not None and entry.registration.ttl is not None:
            self.model[key] = self.now + entry.registration.ttl

    @rule(name=names)
    def deregister(self, name: str) -> None:
        assert self.table.deregister(("web", name)) == (("web", name) in self.model)
        self.model.pop(("web", name), None)
        self.well.discard(("web", name))

    @rule(name=names, health=st.sampled_from(["passing", "failing"]))
    def mark(self, name: str, health) -> None:
        key = "web", name
        assert self.table.mark(key, health, "") == (key in self.model)
        if health == "passing" and key in self.model:
            self.well.add(key)
        else:
            self.well.discard(key)

    @rule(seconds=st.floats(0, 4))
    def expire(self, seconds: float) -> None:
        self.now += seconds
        late = {
            key for key, deadline in self.model.items() if deadline is not None and deadline <= self.now
        } - self.well
        assert {entry.registration.key for entry in self.table.expire(self.now)} == late
        for key in late:
            del self.model[key]

    @invariant()
    def the_snapshot_shows_the_model_and_versions_grow_with_changes_alone(self) -> None:
        snapshot = self.table.snapshot
        assert {(endpoint.service, endpoint.instance) for endpoint in snapshot.endpoints} == set(self.model)
        changed = snapshot.endpoints != self.seen.endpoints
        assert snapshot.version == self.seen.version + changed
        self.seen = snapshot


TestTableMachine = TableMachine.TestCase
TestTableMachine.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
