"""gateway.issuer.file: a key set that somebody else keeps up to date."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from arena.auth.jwt import Verifier
from arena.errors import ConfigError
from arena.gateway.issuer.file import KeyFile
from arena.model.project import Jwks, Jwt
from tests.issuer import Issuer, jwk

ISSUER = Issuer("them")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


def write(path: Path, *rows: Any) -> None:
    aside = path.with_name("aside")
    aside.write_text(json.dumps({"keys": rows}))
    aside.replace(path)


def make(path: Path) -> KeyFile:
    return KeyFile(Verifier(Jwt(issuer="them", algorithms=(), jwks=Jwks(file=str(path)))), path)


async def test_changes_are_followed(path: Path) -> None:
    write(path, jwk("RS256", "a"))
    source = make(path)
    assert source.verifier.verify(ISSUER.token("RS256", "a")).subject == "ann"
    await source.refresh()
    write(path, jwk("ES256", "b"))
    wait = source.renew()
    assert wait is not None
    await wait
    assert source.verifier.verify(ISSUER.token("ES256", "b")).subject == "ann"
    assert await source.refresh() is True and await source.refresh() is False and source.renew() is None
    with pytest.raises(Exception, match="or no longer"):
        source.verifier.verify(ISSUER.token("RS256", "a"))


async def test_garbage_leaves_the_last_good_keys_and_is_told(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(path, jwk("RS256", "a"), {"kty": "oct", "k": "AAAA"})
    source = make(path)
    assert "key 2: its kty is 'oct'" in caplog.text
    path.write_text("<html>")
    await source.refresh()
    assert source.verifier.verify(ISSUER.token("RS256", "a"), time.time())
    told = source.condition()
    assert told is not None and (told.keys, told.stale) == (1, True) and "is not JSON" in told.error
    path.unlink()
    await source.refresh()
    told = source.condition()
    assert told is not None and "No such file" in told.error


@pytest.mark.parametrize("text", [None, "", '{"keys": []}'])
def test_a_gateway_does_not_start_without_a_key(path: Path, text: str | None) -> None:
    if text is not None:
        path.write_text(text)
    with pytest.raises(ConfigError):
        make(path)
