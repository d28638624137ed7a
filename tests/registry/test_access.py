import time
from pathlib import Path

import pytest
from starlette.requests import Request

from arena.auth import signed, signing_key, token
from arena.auth.identity import GRACE, TTL
from arena.auth.identity_file import IdentityFile
from arena.auth.signed import LEEWAY
from arena.registry.access import Access
from arena.registry.refusal import Refused
from tests.sdk.kit import Daemon

KEY, OTHER = signing_key.make(), signing_key.make()


@pytest.fixture
def daemon(tmp_path: Path) -> Daemon:
    daemon = Daemon(tmp_path / "registry.json", "registry", KEY)
    daemon.write()
    return daemon


@pytest.fixture
def access(daemon: Daemon) -> Access:
    return Access(IdentityFile(daemon.path))


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


SIGNED = Daemon(Path(), "registry", KEY)
"""The daemon of the fixture, for what is signed while tests are collected."""


def bearer(service: str) -> str:
    return f"Bearer {SIGNED.token(service)}"


def refused(access: Access, authorization: str, service: str = "web") -> tuple[int, str]:
    with pytest.raises(Refused) as refusal:
        access.writer(request(authorization), service)
    return refusal.value.status, refusal.value.code


def test_a_service_writes_itself_and_the_daemon_all(access) -> None:
    assert access.writer(request(bearer("web")), "web").principal.subject == "web"
    for service in ("web", "db"):
        assert access.writer(request(f"bearer {SIGNED.own()}"), service)


def _signed(kind: signed.Kind, subject: str) -> str:
    return signed.sign(KEY, kind, subject, "registry", ttl=TTL, now=time.time(), roles=["operator"])


@pytest.mark.parametrize(
    ("authorization", "status", "code"),
    [
        ("", 401, "unauthenticated"),
        ("Bearer", 401, "unauthenticated"),
        ("Bearer ", 401, "unauthenticated"),
        ("Basic dXNlcjpwYXNz", 401, "unauthenticated"),
        ("Bearer junk", 401, "token-malformed"),
        (bearer("db"), 403, "forbidden"),
        (bearer("arena-daemon"), 403, "forbidden"),  # a service of that name is not the daemon
        (f"Bearer {_signed(signed.SERVICE, 'db')}", 403, "forbidden"),  # and a role makes none
        (f"Bearer {_signed(signed.PRINCIPAL, 'web')}", 401, "token-wrong-kind"),
        (f"Bearer {_signed(signed.ANONYMOUS, 'web')}", 401, "token-wrong-kind"),
        (f"Bearer {Daemon(Path(), 'registry', OTHER).token('web')}", 401, "token-key-unknown"),
        (f"Bearer {Daemon(Path(), 'registry', OTHER).own()}", 401, "token-key-unknown"),
        (bearer("web")[:-4] + "AAAA", 401, "token-bad-signature"),
        (f"Bearer {SIGNED.token('web', now=time.time() - TTL - LEEWAY - 1)}", 401, "token-expired"),
        (f"Bearer {SIGNED.own(now=time.time() - 60 - LEEWAY - 1)}", 401, "token-expired"),
        (f"Bearer {SIGNED.token('web', audience='db')}", 401, "token-wrong-audience"),
        (f"Bearer {SIGNED.own(audience='gateway', ttl=TTL)}", 401, "token-wrong-audience"),
        (f"Bearer {token.issue('s' * 32, subject='web').token}", 401, "token-algorithm-refused"),
    ],
)
def test_others_do_not(access, authorization: str, status: int, code: str) -> None:
    assert refused(access, authorization) == (status, code)


def test_while_no_daemon_lives_the_last_tokens_of_services_hold_for_a_day_and_its_own_do_not(access, daemon) -> None:
    died = time.time() - 5 * TTL
    daemon.write(renewed_at=died)
    last = f"Bearer {daemon.token('web', now=died)}"
    assert access.writer(request(last), "web")
    assert refused(access, f"Bearer {daemon.token('web', now=died - TTL)}") == (401, "token-expired")
    assert refused(access, f"Bearer {daemon.own(now=died)}") == (401, "token-expired")
    daemon.write()
    assert refused(access, last) == (401, "token-expired")
    daemon.write(renewed_at=died - GRACE)
    assert refused(access, f"Bearer {daemon.token('web', now=died - GRACE)}") == (401, "token-expired")


def test_new_keys_are_known_at_once_and_those_taken_away_are_not(access, daemon) -> None:
    assert access.writer(request(bearer("web")), "web")
    daemon.key = OTHER
    daemon.write()
    assert access.writer(request(f"Bearer {daemon.token('web')}"), "web")
    assert refused(access, bearer("web")) == (401, "token-key-unknown")


def test_without_keys_nobody_writes_and_the_machine_may_still_read(tmp_path: Path) -> None:
    access = Access(IdentityFile(tmp_path / "none.json"))
    assert refused(access, bearer("web")) == (503, "identity-unreadable")
    access.reader(request())


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
