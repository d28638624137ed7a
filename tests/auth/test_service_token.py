import pytest

from arena.auth import errors, service_token, token
from arena.auth.jwt import Verifier
from arena.model.project import Jwt

SECRET = "v" * 32


def test_a_service_may_write_itself_alone() -> None:
    principal = service_token.verifier(SECRET).verify(service_token.mint(SECRET, "web"))
    assert service_token.may_write(principal, "web")
    assert not service_token.may_write(principal, "db")
    assert not service_token.is_operator(principal)


def test_the_operator_may_write_all() -> None:
    principal = service_token.verifier(SECRET).verify(service_token.mint_operator(SECRET))
    assert service_token.is_operator(principal)
    assert service_token.may_write(principal, "db")


def test_a_service_called_operator_is_none() -> None:
    principal = service_token.verifier(SECRET).verify(service_token.mint(SECRET, "operator"))
    assert not service_token.may_write(principal, "web")


def test_user_and_service_tokens_are_not_exchangeable() -> None:
    with pytest.raises(errors.TokenWrongAudience):
        service_token.verifier(SECRET).verify(token.issue(SECRET, subject="web").token)
    with pytest.raises(errors.TokenWrongAudience):
        Verifier(Jwt(SECRET)).verify(service_token.mint(SECRET, "web"))


def test_it_expires() -> None:
    old = service_token.mint(SECRET, "web", ttl=10, now=1000)
    with pytest.raises(errors.TokenExpired):
        service_token.verifier(SECRET).verify(old)
