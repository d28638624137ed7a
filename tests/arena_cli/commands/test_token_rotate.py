from __future__ import annotations

import json

import pytest

from arena.auth import token_key
from arena.model import codec
from arena.model.gateway import GatewaySpec
from arena.model.project import GatewaySettings, Jwt
from tests.arena_cli.conftest import Inside


def issued(inside: Inside, *words: str) -> dict[str, str]:
    found: dict[str, str] = inside("token", "issue", "--sub", "ana", "-o", "json", *words).json
    return found


def test_old_tokens_are_good_for_the_overlap(inside: Inside) -> None:
    old = issued(inside)
    told = inside("token", "rotate", "--overlap", "10m").err
    new = issued(inside)
    assert f"signed with the key {new['kid']} from now on" in told
    assert f"the key {old['kid']} is accepted until" in told and new["kid"] != old["kid"]
    assert "1 token on the list would have been valid for longer" in told
    for each in (old, new):
        inside("token", "inspect", each["token"])
    assert [(row["kid"], row["state"]) for row in inside("token", "list", "-o", "json").json] == [
        (old["kid"], "valid"),
        (new["kid"], "valid"),
    ]


def test_no_overlap_ends_them_at_once(inside: Inside) -> None:
    old = issued(inside)
    assert "tokens of earlier keys are refused" in inside("token", "rotate", "--overlap", "0").err
    assert "or no longer" in inside("token", "inspect", old["token"], code=4).out
    assert "key gone" in inside("token", "list").out


def test_json_names_keys_by_their_ids(inside: Inside) -> None:
    old = issued(inside)
    told = inside("token", "rotate", "-o", "json")
    keys = token_key.load(inside.folder.layout.token_keys)
    assert told.json["kid"] == keys[0].kid and [each["kid"] for each in told.json["former"]] == [old["kid"]]
    assert not any(key.secret in told.out + told.err for key in keys)


def test_a_project_that_has_no_key_yet_gets_one(inside: Inside) -> None:
    inside("token", "rotate")
    assert len(token_key.load(inside.folder.layout.token_keys)) == 1


@pytest.mark.parametrize("where", ["file", "environment"])
def test_a_key_that_is_not_ours_to_change(inside: Inside, where: str) -> None:
    file = inside.folder.path / "arena.yaml"
    environment = {"ARENA_JWT_SECRET": "x" * 40} if where == "environment" else {}
    if where == "file":
        file.write_text(file.read_text() + f"gateway: {{auth: {{jwt: {{secret: {'x' * 40}}}}}}}\n")
    told = inside("token", "rotate", code=3, **environment).err
    assert "comes from arena.yaml or ARENA_JWT_SECRET" in told and "secret: [NEW, OLD]" in told
    assert not inside.folder.layout.token_keys.exists()


def test_tokens_of_another_issuer_are_rotated_there(inside: Inside) -> None:
    file = inside.folder.path / "arena.yaml"
    file.write_text(file.read_text() + "gateway: {auth: {jwt: {issuer: them, jwks_url: 'https://a.example/'}}}\n")
    assert "come from 'them'" in inside("token", "rotate", code=3).err


@pytest.mark.parametrize("overlap", ["soon", "-1s", "-5"])
def test_an_overlap_that_is_none(inside: Inside, overlap: str) -> None:
    inside("token", "rotate", "--overlap", overlap, code=2)


def test_a_gateway_that_has_another_secret_is_pointed_out(inside: Inside) -> None:
    layout = inside.folder.layout
    issued(inside)
    running = GatewaySettings(issuers=(Jwt("the secret of another shell, which is long"),))
    for settings, told in ((running, True), (GatewaySettings(), False)):
        layout.gateway_spec.write_text(json.dumps(codec.encode(GatewaySpec("demo", settings))))
        for words in (("rotate",), ("rotate", "-o", "json"), ("issue", "--sub", "ana")):
            assert ("goes by another secret" in inside("token", *words).err) is told
