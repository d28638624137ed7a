import pytest
from starlette.requests import Request

from arena.auth import service_token, token
from arena.registry.access import Access
from arena.registry.refusal import Refused

SECRET = "r" * 32


@pytest.fixture
def access() -> Access:
    return Access(service_token.verifier(SECRET))


def request(
    authorization: str = "", client: str | None = "127.0.0.1", server: str = "127.0.0.1", host: str = "127.0.0.1:8500"
) -> Request:
    headers = [(b"host", host.encode())]
    headers += [(b"authorization", authorization.encode())] if authorization else []
    peer = (client, 40000) if client else None
    return Request(
        {
            "type": "http",
            "path": "/",
            "scheme": "http",
            "query_string": b"",
            "headers": headers,
            "client": peer,
            "server": (server, 8500),
        }
    )


def bearer(service: str) -> str:
    return f"Bearer {service_token.mint(SECRET, service)}"


def test_a_service_writes_itself_and_the_operator_all(access) -> None:
    assert access.writer(request(bearer("web")), "web").subject == "web"
    assert access.writer(request(f"bearer {service_token.mint_operator(SECRET)}"), "web")


@pytest.mark.parametrize(
    ("authorization", "status", "code"),
    [
        ("", 401, "unauthenticated"),
        ("Bearer", 401, "unauthenticated"),
        ("Bearer ", 401, "unauthenticated"),
        ("Basic dXNlcjpwYXNz", 401, "unauthenticated"),
        ("Bearer junk", 401, "token-malformed"),
        (bearer("db"), 403, "forbidden"),
        (f"Bearer {service_token.mint('x' * 32, 'web')}", 401, "token-key-unknown"),
        (bearer("web")[:-4] + "AAAA", 401, "token-bad-signature"),
        (f"Bearer {service_token.mint(SECRET, 'web', ttl=1, now=1)}", 401, "token-expired"),
        (f"Bearer {token.issue(SECRET, subject='web').token}", 401, "token-wrong-audience"),
    ],
)
def test_others_do_not(access, authorization: str, status: int, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        access.writer(request(authorization), "web")
    assert (refusal.value.status, refusal.value.code) == (status, code)


@pytest.mark.parametrize(
    ("client", "server", "open_to_all"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("127.9.9.9", "127.0.0.1", True),
        ("::1", "::1", True),
        ("192.168.1.5", "192.168.1.5", True),
        ("192.168.1.6", "192.168.1.5", False),
        ("nonsense", "192.168.1.5", False),
        (None, "192.168.1.5", False),
    ],
)
def test_reading_is_free_on_this_machine_alone(access, client: str | None, server: str, open_to_all: bool) -> None:
    access.reader(request(bearer("any"), client, server))
    if open_to_all:
        access.reader(request("", client, server))
    else:
        with pytest.raises(Refused):
            access.reader(request("", client, server))


@pytest.mark.parametrize(
    ("host", "open_to_all"),
    [
        ("localhost:8500", True),
        ("registry.localhost", True),
        ("[::1]:8500", True),
        ("192.168.1.5", True),
        ("evil.example:8500", False),
        ("127.0.0.1.evil.example", False),
        ("localhost.evil.example", False),
    ],
)
def test_a_name_that_anyone_may_point_here_opens_nothing(access, host: str, open_to_all: bool) -> None:
    access.reader(request(bearer("any"), host=host))
    if open_to_all:
        access.reader(request(host=host))
    else:
        with pytest.raises(Refused):
            access.reader(request(host=host))
