from __future__ import annotations

import yaml
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.arena_cli.conftest import Inside


def test_the_whole_project_as_yaml_or_json(inside: Inside) -> None:
    shown = yaml.safe_load((inside("config")).out)
    assert shown["name"] == "demo" and shown["gateway"]["port"] == 8000
    assert (inside("config", "-o", "json")).json == shown


def test_check_prints_no_data(inside: Inside) -> None:
    told = inside("config", "--check")
    assert told.out == "" and "valid, 2 services" in told.err
    (inside.folder.path / "arena.yaml").write_text("nme: x\n")
    told = inside("config", "--check", code=3)
    assert "arena.yaml:1:1" in told.err


def test_check_refuses_a_key_that_up_would_refuse_and_says_where(inside: Inside) -> None:
    key = rsa.generate_private_key(65537, 1024)
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (inside.folder.path / "issuer.pem").write_bytes(pem)
    (inside.folder.path / "arena.yaml").write_text("gateway: {auth: {jwt: {issuer: x, public_key: issuer.pem}}}\n")
    told = inside("config", "--check", code=3)
    assert "arena.yaml:1:47 gateway.auth.jwt.public_key: cannot be used: the RSA key has 1024 bits" in told.err
    assert "public_key: issuer.pem" in told.err


def test_names_of_services(inside: Inside) -> None:
    assert (inside("config", "--services")).out == "web\nfixed\n"


def test_secrets_are_masked_unless_asked_for(inside: Inside) -> None:
    secret = "0123456789abcdef0123456789abcdef"
    (inside.folder.path / "arena.yaml").write_text(f"gateway: {{auth: {{jwt: {{secret: {secret}}}}}}}\n")
    assert secret not in (inside("config")).out
    assert secret in (inside("config", "--show-secrets")).out


def test_files_profiles_and_names_on_the_command_line(inside: Inside) -> None:
    (inside.folder.path / "more.yaml").write_text("services:\n  extra: {command: x, profiles: [big]}\n")
    words = ("-f", "arena.yaml", "-f", "more.yaml", "-p", "mine")
    assert (inside(*words, "config", "--services")).out == "web\nfixed\n"
    assert "extra" in (inside(*words, "--profile", "big", "config", "--services")).out
    assert (inside(*words, "config", "-o", "json")).json["name"] == "mine"


def test_env_files(inside: Inside) -> None:
    (inside.folder.path / "arena.yaml").write_text("name: ${WORD:-none}\n")
    (inside.folder.path / "words.env").write_text("WORD=told\n")
    assert (inside("--env-file", "words.env", "config", "-o", "json")).json["name"] == "told"
