from __future__ import annotations

from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from arena.auth import token_key
from arena.auth.jwt import Verifier
from arena.errors import ConfigError
from arena.model.layout import StateLayout
from arena.model.project import GatewaySettings, Jwt, Project
from arena_cli import credential
from arena_cli.selection import Selection

SECRET = "a secret for tests that is long enough to be one"


def test_a_token_is_signed_as_the_project_says(tmp_path: Path) -> None:
    own = Jwt(SECRET, issuer="us", audience="them")
    project = Project("demo", str(tmp_path), gateway=GatewaySettings(issuers=(own,)))
    issued = credential.issue(project, subject="ana", roles=("user",), ttl=60.0)
    assert Verifier(own).verify(issued.token).roles == {"user"}
    assert not (
        tmp_path / ".arena" / "demo" / "secrets" / "token-keys.json"
    ).exists()  # the secret is in the file: none is made


def test_a_missing_secret_is_made_once(tmp_path: Path) -> None:
    project = Project("demo", str(tmp_path))
    credential.issue(project, subject="ana", ttl=60.0)
    (kept,) = token_key.load(StateLayout.of(tmp_path, "demo").token_keys)
    issued = credential.issue(project, subject="ana", ttl=60.0)
    assert Verifier(Jwt(kept.secret)).verify(issued.token).subject == "ana"


def test_a_weak_secret_is_refused(tmp_path: Path) -> None:
    project = Project("demo", str(tmp_path), gateway=GatewaySettings(issuers=(Jwt("short"),)))
    with pytest.raises(ConfigError):
        credential.issue(project, subject="ana", ttl=60.0)


def test_inspecting_makes_no_secret(tmp_path: Path) -> None:
    token = credential.issue(Project("other", str(tmp_path / "elsewhere")), subject="ana", ttl=60.0).token
    (tmp_path / "arena.yaml").write_text("name: demo\n")
    found = credential.inspect(Selection(directory=str(tmp_path)), token)
    assert found.verdict == "not verified" and found.code == "no-secret"
    assert not (tmp_path / ".arena").exists()


def test_a_broken_file_is_not_taken_for_no_file(tmp_path: Path) -> None:
    (tmp_path / "arena.yaml").write_text("nonsense: 1\n")
    with pytest.raises(ConfigError):
        credential.inspect(Selection(directory=str(tmp_path)), "a.b.c")


def test_with_a_public_key_nothing_is_issued_and_the_issuers_tokens_are_inspected(tmp_path: Path) -> None:
    private = ed25519.Ed25519PrivateKey.generate()
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    own = Jwt(issuer="them", algorithms=(), public_key=pem)
    project = Project("demo", str(tmp_path), gateway=GatewaySettings(issuers=(own,)))
    with pytest.raises(ConfigError, match="come from 'them'"):
        credential.issue(project, subject="ana", ttl=60.0)
    (tmp_path / "issuer.pem").write_text(pem)
    (tmp_path / "arena.yaml").write_text("name: demo\ngateway: {auth: {jwt: {public_key: issuer.pem, issuer: them}}}\n")
    claims = {"sub": "ana", "iss": "them", "aud": "arena", "exp": 2**33}
    found = credential.inspect(Selection(directory=str(tmp_path)), jwt.encode(claims, private, "EdDSA"))
    assert (found.verdict, found.reason) == ("verified", "")


def test_the_first_algorithm_is_what_is_signed_with(tmp_path: Path) -> None:
    own = Jwt("s" * 64, algorithms=("HS512", "HS256"))
    issued = credential.issue(
        Project("demo", str(tmp_path), gateway=GatewaySettings(issuers=(own,))), subject="ana", ttl=60.0
    )
    assert jwt.get_unverified_header(issued.token)["alg"] == "HS512"
    assert Verifier(own).verify(issued.token).subject == "ana"
