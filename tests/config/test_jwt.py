"""config.jwt: which key tokens are verified with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from arena.config import Loaded
from arena.config.present import render
from arena.model.project import Jwks, Jwt

Load = Callable[..., Loaded]
Problems = Callable[..., list[str]]
Write = Callable[..., Path]
PEM = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n"


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def section(**keys: str) -> str:
    return "gateway:\n  auth:\n    jwt:\n" + "".join(f"      {key}: {value}\n" for key, value in keys.items())


def test_a_public_key_from_a_file_beside_arena_yaml(load: Load, write: Write) -> None:
    write(PEM, "keys/issuer.pem")
    loaded = load(section(public_key="keys/issuer.pem", issuer="them", leeway="3s"))
    assert loaded.project.gateway.issuers == (Jwt("", "them", "arena", 3.0, (), PEM),)


def test_what_is_shown_of_it_reads_back(load: Load, write: Write) -> None:
    write(PEM, "issuer.pem")
    project = load(section(public_key="issuer.pem", algorithms="[EdDSA]")).project
    for shown in (True, False):
        assert load(render(project, "yaml", show_secrets=shown)).project == project


def test_a_public_key_makes_the_secret_of_the_environment_idle(load: Load, write: Write) -> None:
    write(PEM, "issuer.pem")
    jwt = load(section(public_key="issuer.pem"), env={"ARENA_JWT_SECRET": "x" * 40}).project.gateway.issuers[0]
    assert jwt.secret == ""


def test_algorithms(load: Load) -> None:
    assert load("name: a").project.gateway.issuers[0].algorithms == ("HS256",)
    one = load(section(secret="x" * 64, algorithms="HS512")).project.gateway.issuers[0]
    assert one.algorithms == ("HS512",)
    several = load(section(secret="x" * 64, algorithms="[HS512, HS256, HS512]")).project.gateway.issuers[0]
    assert several.algorithms == ("HS512", "HS256")


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ({"public_key": "gone.pem"}, "4:19 gateway.auth.jwt.public_key: cannot be read: no such file or directory"),
        ({"public_key": "."}, "cannot be read: is a directory"),
        ({"public_key": "junk.pem"}, "holds no PEM block that begins with -----BEGIN PUBLIC KEY-----"),
        ({"public_key": "binary.pem"}, "is not a PEM file"),
        (
            {"public_key": "cut.pem"},
            "4:19 gateway.auth.jwt.public_key: cannot be used: the PEM block holds no public key",
        ),
        ({"public_key": "weak.pem"}, "4:19 gateway.auth.jwt.public_key: cannot be used: the RSA key has 1024 bits"),
        ({"public_key": "odd.pem"}, "4:19 gateway.auth.jwt.public_key: cannot be used: no token can be verified"),
        (
            {"public_key": "issuer.pem", "algorithms": "[EdDSA, ES256]"},
            "5:27 gateway.auth.jwt.algorithms[1]: ES256 cannot be verified with an Edwards curve key, which public_key is",
        ),
        ({"public_key": "private.pem"}, "is a private key, which only the issuer should have"),
        ({"public_key": "issuer.pem", "secret": "x" * 40}, "cannot stand beside secret"),
        ({"public_key": "issuer.pem", "algorithms": "[EdDSA, HS256]"}, "HS256 is for a secret, not for a public key"),
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
    write(PEM[:60] + PEM[70:], "cut.pem")
    write(pem(rsa.generate_private_key(65537, 1024)), "weak.pem")
    write(pem(ec.generate_private_key(ec.SECP256K1())), "odd.pem")
    write(PEM.replace("PUBLIC", "EC PRIVATE"), "private.pem")
    (tmp_path / "binary.pem").write_bytes(b"\x30\x82\xff")
    (found,) = problems(section(**keys))
    assert problem in found


def test_a_short_secret_of_the_environment(problems: Problems) -> None:
    env = {"ARENA_JWT_SECRET": "x" * 40}
    assert problems("name: a", env=env) == []
    (found,) = problems(section(algorithms="HS384"), env=env)
    assert "ARENA_JWT_SECRET: should be at least 48 bytes" in found


# Several issuers, and the keys they publish.

KEYS = '{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE"}]}'
SEVERAL = """\
gateway:
  auth:
    jwt:
      - {audience: [api, web]}
      - issuer: https://login.example.org
        jwks_url: https://login.example.org/keys
        jwks_refresh: 1m
        jwks_stale_if_error: 1h
        roles_claim: realm_access.roles
        algorithms: ES256
      - {issuer: machines, jwks_file: keys.json, leeway: 2s}
"""


def test_several_issuers(load: Load, write: Write, tmp_path: Path) -> None:
    write(KEYS, "keys.json")
    found = load(SEVERAL, env={"ARENA_JWT_SECRET": "x" * 40}).project.gateway.issuers
    assert found == (
        Jwt("x" * 40, "arena", "api", other_audiences=("web",)),
        Jwt(
            issuer="https://login.example.org",
            algorithms=("ES256",),
            roles_claim="realm_access.roles",
            jwks=Jwks("https://login.example.org/keys", "", 60.0, 3600.0),
        ),
        Jwt(issuer="machines", leeway=2.0, algorithms=(), jwks=Jwks(file=str(tmp_path / "keys.json"))),
    )


def test_what_is_shown_of_several_reads_back(load: Load, write: Write) -> None:
    write(KEYS, "keys.json")
    project = load(SEVERAL + f"      - {{issuer: old, secret: [{'n' * 40}, {'o' * 40}]}}\n").project
    assert load(render(project, "yaml", show_secrets=True)).project == project
    assert "oooo" not in render(project, "yaml", show_secrets=False)
    plain = load(section(jwks_url="http://10.0.0.7/keys", jwks_insecure="true")).project
    assert load(render(plain, "yaml", show_secrets=True)).project == plain


@pytest.mark.parametrize("issuer", ["https://login.example.org/realms/main", "https://login.example.org/realms/main/"])
def test_discovery(load: Load, issuer: str) -> None:
    project = load(section(discovery="true", issuer=issuer)).project
    url = "https://login.example.org/realms/main/.well-known/openid-configuration"
    assert project.gateway.issuers == (Jwt(issuer=issuer, algorithms=(), jwks=Jwks(url, discovered_by=issuer)),)
    assert load(render(project, "yaml", show_secrets=True)).project == project


def test_secrets_that_overlap(load: Load) -> None:
    found = load(section(secret="['${NEW}', '${OLD:-}']"), env={"NEW": "n" * 40, "OLD": "o" * 40}).project.gateway
    assert (found.issuers[0].secret, found.issuers[0].former_secrets) == ("n" * 40, ("o" * 40,))
    found = load(section(secret="['${NEW}', '${OLD:-}']"), env={"NEW": "n" * 40}).project.gateway
    assert (found.issuers[0].secret, found.issuers[0].former_secrets) == ("n" * 40, ())


@pytest.mark.parametrize(
    "url", ["https://a.example/k", "http://127.0.0.1:5/k", "http://localhost/k", "http://[::1]:5/k"]
)
def test_where_keys_may_be_published(load: Load, url: str) -> None:
    jwks = load(section(jwks_url=f"'{url}'")).project.gateway.issuers[0].jwks
    assert jwks == Jwks(url)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[{issuer: a}, {issuer: b}]", "gateway.auth.jwt[1]: names no key; only one issuer can use ARENA_JWT_SECRET"),
        ("[{}, {jwks_url: 'https://a.example/'}]", "gateway.auth.jwt[1].issuer: 'arena' has a section already"),
        ("[]", "gateway.auth.jwt: should not be empty"),
        ("[{}, {isuer: b, jwks_url: 'https://a.example/'}]", "gateway.auth.jwt[1].isuer: is not a key Arena knows"),
        ("[{}, [a]]", "gateway.auth.jwt[1]: should be a mapping"),
        ("text", "gateway.auth.jwt: should be a mapping"),
        ("{jwks_url: ftp://a.example/}", "gateway.auth.jwt.jwks_url: should be a URL that begins with https://"),
        ("{jwks_url: 'https://'}", "should be a URL"),
        ("{jwks_url: 'https://a:99999/'}", "should be a URL"),
        ("{jwks_url: 'https://u:p@a.example/'}", "should be a URL"),
        ("{jwks_url: 'https://a.example/#b'}", "should be a URL"),
        ("{jwks_url: 'https://a.example/ b'}", "should be a URL"),
        ("{jwks_url: 'http://a.example/'}", "would be fetched without encryption"),
        ("{jwks_url: 'http://127.0.0.1.a.example/'}", "would be fetched without encryption"),
        ("{jwks_url: 'https://a.example/', jwks_file: keys.json}", "jwks_file: cannot stand beside jwks_url"),
        (
            "{jwks_url: 'https://a.example/', secret: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx}",
            "jwks_url: cannot stand beside",
        ),
        ("{jwks_url: 'https://a.example/', algorithms: HS256}", "HS256 is for a secret"),
        ("{jwks_url: 'https://a.example/', jwks_refresh: 0}", "should be more than 0"),
        ("{jwks_file: keys.json, jwks_refresh: 5m}", "jwks_refresh: has no meaning without jwks_url"),
        ("{discovery: true}", "gateway.auth.jwt.issuer: should be a URL"),
        ("{discovery: true, issuer: 'http://a.example'}", "issuer: would be fetched without encryption"),
        (
            "{discovery: true, issuer: 'https://a.example', jwks_url: 'https://a.example/'}",
            "cannot stand beside jwks_url",
        ),
        ("{jwks_insecure: true}", "jwks_insecure: has no meaning without jwks_url"),
        ("{jwks_file: gone.json}", "jwks_file: cannot be read: no such file"),
        ("{jwks_file: junk.json}", "jwks_file: holds no key set"),
        ("{jwks_file: private.json}", "jwks_file: holds a private or secret key"),
        ("{jwks_file: binary.json}", "jwks_file: is not a JSON file"),
        ("{audience: []}", "audience: should not be empty"),
        ("{audience: ['']}", "should not be empty"),
        (
            "{secret: [xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx, '-----BEGIN PUBLIC KEY----- x']}",
            "secret[1]: is the text of a key",
        ),
        ("{secret: ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQ== me@home}", "secret: is the text of a key, of which"),
        ("{secret: [short, xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx]}", "secret[0]: should be at least 32 bytes long"),
    ],
)
def test_mistakes_with_issuers(problems: Problems, write: Write, tmp_path: Path, text: str, problem: str) -> None:
    write(KEYS, "keys.json")
    write("{}", "junk.json")
    write(KEYS.replace('"x"', '"d": "AA", "x"'), "private.json")
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe")
    (found,) = problems(f"gateway: {{auth: {{jwt: {text}}}}}")
    assert problem in found and found.startswith("1:")
