from __future__ import annotations

import stat
from pathlib import Path

import pytest

from arena.auth import token_key
from arena.daemon import desired, launch
from arena.daemon.desired import Desired
from arena.errors import ConfigError
from arena.model.layout import StateLayout
from arena.model.project import GatewaySettings, Jwks, Jwt, Project
from arena.model.service import Service


@pytest.fixture
def layout(tmp_path: Path) -> StateLayout:
    layout = StateLayout.of(tmp_path, "demo")
    launch.prepare(layout)
    return layout


def test_what_was_asked_for_comes_back(layout: StateLayout, tmp_path: Path) -> None:
    assert desired.load(layout) is None
    asked = Desired.of(Project("demo", str(tmp_path), services=(Service("web", ("run",)),)), layout)
    asked.save(layout)
    assert desired.load(layout) == asked
    (key,) = token_key.load(layout.token_keys)
    assert len(key.secret) >= 43  # 256 bits


def test_files_that_hold_secrets_are_for_their_owner_alone(layout: StateLayout, tmp_path: Path) -> None:
    Desired.of(Project("demo", str(tmp_path)), layout).save(layout)
    for file in (layout.desired, layout.gateway_spec, layout.token_keys):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    for folder in (layout.root, layout.root.parent, layout.secrets):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder


def test_a_damaged_file_is_an_error_not_an_empty_project(layout: StateLayout) -> None:
    layout.desired.write_text('{"name": "demo"')
    with pytest.raises(ValueError):
        desired.load(layout)


def test_a_secret_others_can_read_is_refused(layout: StateLayout, tmp_path: Path) -> None:
    Desired.of(Project("demo", str(tmp_path)), layout)
    layout.token_keys.chmod(0o644)
    with pytest.raises(ConfigError, match="others can read"):
        Desired.of(Project("demo", str(tmp_path)), layout)


def test_an_issuers_file_without_a_usable_key_is_said_to_whoever_asked(layout: StateLayout, tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text('{"keys": [{"kty": "RSA"}]}')
    theirs = Jwt(issuer="them", algorithms=(), jwks=Jwks(file=str(file)))
    project = Project("demo", str(tmp_path), gateway=GatewaySettings(issuers=(theirs,)))
    with pytest.raises(ConfigError, match="no key that can be used"):
        Desired.of(project, layout)
    assert not layout.token_keys.exists()  # nobody signs here
