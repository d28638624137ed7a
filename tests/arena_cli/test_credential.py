from __future__ import annotations

from pathlib import Path

import pytest

from arena.auth.jwt import Verifier
from arena.errors import ConfigError
from arena.model.project import GatewaySettings, Jwt, Project
from arena_cli import credential
from arena_cli.selection import Selection

SECRET = "a secret for tests that is long enough to be one"


def test_a_token_is_signed_as_the_project_says(tmp_path: Path) -> None:
    jwt = Jwt(SECRET, issuer="us", audience="them")
    project = Project("demo", str(tmp_path), gateway=GatewaySettings(jwt=jwt))
    issued = credential.issue(project, subject="ana", roles=("user",), ttl=60.0)
    assert Verifier(jwt).verify(issued.token).roles == {"user"}
    assert not (tmp_path / ".arena" / "demo" / "secrets" / "jwt").exists()  # the secret is in the file: none is made


def test_a_missing_secret_is_made_once(tmp_path: Path) -> None:
    project = Project("demo", str(tmp_path))
    credential.issue(project, subject="ana", ttl=60.0)
    kept = (tmp_path / ".arena" / "demo" / "secrets" / "jwt").read_text().strip()
    issued = credential.issue(project, subject="ana", ttl=60.0)
    assert Verifier(Jwt(kept)).verify(issued.token).subject == "ana"


def test_a_weak_secret_is_refused(tmp_path: Path) -> None:
    project = Project("demo", str(tmp_path), gateway=GatewaySettings(jwt=Jwt("short")))
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
