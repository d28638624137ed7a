import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.model.address import Address
from arena.model.service import Probe
from arena.registry import payload
from arena.registry.entry import Check, Registration
from arena.registry.refusal import Refused

SEED = {
    "service_name": "ai_service",
    "url": "http://localhost:8001",
    "health_url": "http://localhost:8001/health",
    "metadata": {"version": "1.0.0", "capabilities": ["text_generation", "safety_checks"]},
}


def parse(change: dict[str, object] | None = None) -> Registration:
    return payload.parse(json.dumps({**SEED, **(change or {})}).encode(), 15.0)


def test_the_seeds_payload_is_read() -> None:
    address = Address("localhost", 8001)
    assert parse() == Registration(
        "ai_service",
        "ai_service@localhost:8001",
        address,
        15.0,
        Check(address, Probe(http="/health")),
        SEED["metadata"],
    )


def test_the_least_is_a_name_and_a_url() -> None:
    told = payload.parse(b'{"service_name": "web", "url": "https://example.com/base/"}', 15.0)
    assert told == Registration("web", "web@example.com:443", Address("example.com", 443, "https", "/base"), 15.0)


def test_everything_can_be_said() -> None:
    check = {"interval_s": 1, "timeout_s": 0.5, "retries": 2, "successes": 3}
    told = parse(
        {"instance_id": "ai-1", "ttl_seconds": 30, "check": check, "health_url": "http://localhost:9/h?deep=1"}
    )
    assert (told.instance, told.ttl) == ("ai-1", 30.0)
    assert told.check == Check(
        Address("localhost", 9), Probe(http="/h?deep=1", interval=1, timeout=0.5, retries=2, successes=3), True
    )


def test_a_tcp_check_names_a_port_and_nothing_more() -> None:
    told = parse({"health_url": "tcp://127.0.0.1:5432", "check": {"retries": 2}})
    assert told.check == Check(Address("127.0.0.1", 5432, "tcp"), Probe(tcp=0, retries=2), True)
    for bad in (
        "tcp://127.0.0.1",
        "tcp://127.0.0.1:5432/",
        "tcp://127.0.0.1:5432?",
        "tcp://10.0.0.1:5432",
        "udp://a:1",
    ):
        with pytest.raises(Refused) as caught:
            parse({"health_url": bad})
        assert caught.value.status == 422
    with pytest.raises(Refused, match="http"):
        parse({"url": "tcp://127.0.0.1:5432"})


def test_a_weight_is_a_number() -> None:
    assert parse({"metadata": {"weight": "3"}}).metadata == {"weight": "3"}
    for bad in ("heavy", -1, 65536, True, [1]):
        with pytest.raises(Refused, match=r"metadata\.weight"):
            parse({"metadata": {"weight": bad}})


@pytest.mark.parametrize("ttl", [None, 0, 0.0])
def test_a_ttl_of_nothing_is_static(ttl) -> None:
    assert parse({"ttl_seconds": ttl}).ttl is None


def test_an_ipv6_address_names_its_instance() -> None:
    told = parse({"url": "http://[::1]:8001", "health_url": None})
    assert told.instance == "ai_service@[::1]:8001"
    assert (
        parse({"url": "http://[::1]:8001", "health_url": None, "instance_id": told.instance}).instance == told.instance
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"service_name": None}, "service_name"),
        ({"service_name": ""}, "service_name"),
        ({"service_name": 7}, "service_name"),
        ({"service_name": ["web"]}, "service_name"),
        ({"service_name": "a/b"}, "service_name"),
        ({"service_name": "../up"}, "service_name"),
        ({"service_name": "a\r\nx: y"}, "service_name"),
        ({"service_name": "a\x00"}, "service_name"),
        ({"service_name": "é"}, "service_name"),
        ({"service_name": "a" * 64}, "service_name"),
        ({"url": None}, "url"),
        ({"url": 8001}, "url"),
        ({"url": {"host": "x"}}, "url"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": "http://localhost:8001/?a=b"}, "url"),
        ({"url": "http://" + "a" * 3000}, "url"),
        ({"health_url": ""}, "health_url"),
        ({"health_url": "/health"}, "health_url"),
        ({"health_url": "http://169.254.169.254/latest"}, "health_url"),
        ({"health_url": "http://localhost.evil.com:8001/"}, "health_url"),
        ({"health_url": "file:///etc/passwd"}, "health_url"),
        ({"instance_id": ""}, "instance_id"),
        ({"instance_id": "a/b"}, "instance_id"),
        ({"instance_id": "a b"}, "instance_id"),
        ({"instance_id": 1}, "instance_id"),
        ({"instance_id": "a" * 129}, "instance_id"),
        ({"ttl_seconds": False}, "ttl_seconds"),
        ({"ttl_seconds": True}, "ttl_seconds"),
        ({"ttl_seconds": "30"}, "ttl_seconds"),
        ({"ttl_seconds": -1}, "ttl_seconds"),
        ({"ttl_seconds": 0.01}, "ttl_seconds"),
        ({"ttl_seconds": 1e9}, "ttl_seconds"),
        ({"ttl_seconds": []}, "ttl_seconds"),
        ({"check": {}, "health_url": None}, "check"),
        ({"check": []}, "check"),
        ({"check": {"interval": 1}}, "check.interval"),
        ({"check": {"interval_s": 0}}, "check.interval_s"),
        ({"check": {"timeout_s": "1"}}, "check.timeout_s"),
        ({"check": {"retries": 1.5}}, "check.retries"),
        ({"check": {"retries": True}}, "check.retries"),
        ({"check": {"retries": 0}}, "check.retries"),
        ({"check": {"successes": 10**30}}, "check.successes"),
        ({"metadata": []}, "metadata"),
        ({"metadata": "x"}, "metadata"),
        ({"metadata": {"version": 1}}, "metadata.version"),
        ({"metadata": {"version": "1\x1b[31m"}}, "metadata.version"),
        ({"metadata": {"capabilities": "all"}}, "metadata.capabilities"),
        ({"metadata": {"capabilities": [1]}}, "metadata.capabilities"),
        ({"metadata": {"capabilities": ["x"] * 65}}, "metadata.capabilities"),
        ({"metadata": {"note": "a\x00b"}}, "metadata.note"),
        ({"metadata": {"deep": [{"er": "\ud800"}]}}, "metadata.deep[0].er"),
        ({"metadata": {"big": "x" * 17000}}, "metadata"),
        ({"metdata": {}}, "metdata"),
        ({"x\x1by": 1}, "x?y"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_a_field_at_fault_is_named(change: dict[str, object], field: str) -> None:
    with pytest.raises(Refused) as refusal:
        parse(change)
    assert (refusal.value.status, refusal.value.code) == (422, "invalid-field")
    assert refusal.value.field.startswith(field)
    assert refusal.value.detail.startswith(field)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"junk", 400),
        (b"[]", 400),
        (b"null", 400),
        (b'"web"', 400),
        (b"\xff\xfe{", 400),
        (b'{"service_name": "a", "service_name": "b", "url": "http://a"}', 400),
        (b'{"ttl_seconds": NaN}', 400),
        (b'{"ttl_seconds": -Infinity}', 400),
        (b'{"ttl_seconds": 1e999}', 400),
        (b'{"ttl_seconds": ' + b"9" * 5000 + b"}", 400),
        (b"[" * 60000, 400),
        (b'{"a":' * 10000, 400),
        (b"x" * (64 * 1024 + 1), 413),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_not_json_is_refused(body: bytes, status: int) -> None:
    with pytest.raises(Refused) as refusal:
        payload.parse(body, 15.0)
    assert refusal.value.status == status
    assert len(refusal.value.detail) < 300


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)
URLS = st.text(alphabet="htps:/@[]?#%.\\ 0a-_~é\n", max_size=30).map(lambda text: "http://" + text) | st.text()
FIELDS = {
    "service_name": st.text(alphabet="aZ0_.-/\n\x00é", max_size=10),
    "url": URLS,
    "health_url": URLS,
    "metadata": st.dictionaries(st.text(max_size=5), JSON, max_size=4),
    "instance_id": st.text(max_size=10),
    "ttl_seconds": st.floats() | st.integers(),
    "check": st.dictionaries(st.sampled_from(["interval_s", "retries", "timeout_s"]), JSON, max_size=3),
}


@given(st.fixed_dictionaries({}, optional={key: value | JSON for key, value in FIELDS.items()}))
def test_anything_is_read_or_refused_by_name(data: dict[str, object]) -> None:
    _read_or_refuse(json.dumps({**SEED, **data}).encode())


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    _read_or_refuse(body)


def _read_or_refuse(body: bytes) -> None:
    try:
        told = payload.parse(body, 15.0)
    except Refused as refusal:
        assert refusal.status in (400, 422)
        assert refusal.detail.isprintable()
        return
    json.dumps(told.metadata, allow_nan=False, ensure_ascii=False).encode()  # what is kept can be sent on
    assert told.address == Address.parse(told.address.url)
    assert told.instance.isprintable()
    assert told.ttl is None or 1 <= told.ttl <= 86400
