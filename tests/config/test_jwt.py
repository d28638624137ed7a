"""config.jwt: which key tokens are verified with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from arena.config import Loaded
from arena.config.present import render
from arena.model.project import Jwt

Load = Callable[..., Loaded]
Problems = Callable[..., list[str]]
Write = Callable[..., Path]
PEM = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n"


def section(**keys: str) -> str:
    return "gateway:\n  auth:\n    jwt:\n" + "".join(f"      {key}: {value}\n" for key, value in keys.items())


def test_a_public_key_from_a_file_beside_arena_yaml(load: Load, write: Write) -> None:
    write(PEM, "keys/issuer.pem")
    loaded = load(section(public_key="keys/issuer.pem", issuer="them", leeway="3s"))
    assert loaded.project.gateway.jwt == Jwt("", "them", "arena", 3.0, (), PEM)


def test_what_is_shown_of_it_reads_back(load: Load, write: Write) -> None:
    write(PEM, "issuer.pem")
    project = load(section(public_key="issuer.pem", algorithms="[EdDSA]")).project
    for shown in (True, False):
        assert load(render(project, "yaml", show_secrets=shown)).project == project


def test_a_public_key_makes_the_secret_of_the_environment_idle(load: Load, write: Write) -> None:
    write(PEM, "issuer.pem")
    jwt = load(section(public_key="issuer.pem"), env={"ARENA_JWT_SECRET": "x" * 40}).project.gateway.jwt
    assert jwt.secret == ""


def test_algorithms(load: Load) -> None:
    assert load("name: a").project.gateway.jwt.algorithms == ("HS256",)
    one = load(section(secret="x" * 64, algorithms="HS512")).project.gateway.jwt
    assert one.algorithms == ("HS512",)
    several = load(section(secret="x" * 64, algorithms="[HS512, HS256, HS512]")).project.gateway.jwt
    assert several.algorithms == ("HS512", "HS256")


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ({"public_key": "gone.pem"}, "4:19 gateway.auth.jwt.public_key: cannot be read: no such file or directory"),
        ({"public_key": "."}, "cannot be read: is a directory"),
        ({"public_key": "junk.pem"}, "holds no PEM block that begins with -----BEGIN PUBLIC KEY-----"),
        ({"public_key": "binary.pem"}, "is not a PEM file"),
        ({"public_key": "private.pem"}, "is a private key, which only the issuer should have"),
        ({"public_key": "issuer.pem", "secret": "x" * 40}, "cannot stand beside a secret"),
        ({"public_key": "issuer.pem", "algorithms": "[RS256, HS256]"}, "HS256 is for a secret, not for a public key"),
        ({"algorithms": "[RS256]"}, "RS256 needs a public_key"),
        ({"algorithms": "[HS384]"}, "needs a secret of at least 48 bytes, and the one that Arena makes has fewer"),
        ({"algorithms": "HS512", "secret": "x" * 63}, "should be at least 64 bytes long, this one has 63"),
        ({"algorithms": "[none]"}, "should be HS256"),
        ({"algorithms": "[HS257]"}, "should be HS256"),
    ],
)
def test_mistakes(problems: Problems, write: Write, tmp_path: Path, keys: dict[str, str], problem: str) -> None:
    write(PEM, "issuer.pem")
    write("junk", "junk.pem")
    write(PEM.replace("PUBLIC", "EC PRIVATE"), "private.pem")
    (tmp_path / "binary.pem").write_bytes(b"\x30\x82\xff")
    (found,) = problems(section(**keys))
    assert problem in found


def test_a_short_secret_of_the_environment(problems: Problems) -> None:
    env = {"ARENA_JWT_SECRET": "x" * 40}
    assert problems("name: a", env=env) == []
    (found,) = problems(section(algorithms="HS384"), env=env)
    assert "ARENA_JWT_SECRET: should be at least 48 bytes" in found
