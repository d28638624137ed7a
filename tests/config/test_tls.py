"""config.tls: files named in arena.yaml, tried when it is read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from arena.config import Loaded
from arena.config.present import render
from arena.model.tls import KeyPair, ListenerTls, UpstreamTls
from tests.pki import Authority, Pair

Load = Callable[..., Loaded]
Problems = Callable[..., list[str]]


@pytest.fixture
def site(tmp_path: Path) -> Pair:
    return Authority(tmp_path).issue("site", "localhost")


@pytest.fixture
def ca(site: Pair, tmp_path: Path) -> str:
    return "test-authority.pem"


def section(site: Pair, more: str = "") -> str:
    return f"gateway: {{tls: {{cert: {site.cert.name}, key: {site.key.name}{more}}}}}"


def test_paths_are_of_the_projects_folder(load: Load, site: Pair, tmp_path: Path) -> None:
    assert load("name: a").project.gateway.tls is None
    assert load(section(site)).project.gateway.tls == ListenerTls((KeyPair(str(site.cert), str(site.key)),))


def test_everything_written_reads_back(load: Load, site: Pair, ca: str, tmp_path: Path) -> None:
    more = f", certificates: [{{cert: {site.cert}, key: {site.key}}}], min_version: 1.3, client_ca: {ca}, client_auth: optional"
    project = load(section(site, more)).project
    pair = KeyPair(str(site.cert), str(site.key))
    assert project.gateway.tls == ListenerTls((pair, pair), "1.3", str(tmp_path / ca), "optional")
    assert load(render(project, "yaml", show_secrets=True)).project.gateway.tls == project.gateway.tls


def test_certificates_as_credentials_need_authorities(load: Load, problems: Problems, site: Pair, ca: str) -> None:
    text = section(site, f", client_ca: {ca}").replace("{tls", "{auth: {mtls: true}, tls")
    project = load(text).project
    assert project.gateway.mtls
    assert load(render(project, "yaml", show_secrets=True)).project.gateway == project.gateway
    assert problems("gateway: {auth: {mtls: true}}") == [
        "1:24 gateway.auth.mtls: needs clients that show a certificate"
    ]


def test_authorities_alone_mean_that_a_certificate_is_required(load: Load, site: Pair, ca: str) -> None:
    tls = load(section(site, f", client_ca: {ca}")).project.gateway.tls
    assert tls is not None and tls.client_auth == "required"


def test_files_that_cannot_be_used(problems: Problems, site: Pair, ca: str, tmp_path: Path) -> None:
    assert problems("gateway: {tls: {cert: no.pem, key: no.key}}") == [
        "1:23 gateway.tls.cert: cannot be read: no such file or directory",
        "1:36 gateway.tls.key: cannot be read: no such file or directory",
    ]
    other = Authority(tmp_path, "other").issue("other")
    assert problems(section(Pair(site.cert, other.key))) == [
        f"1:{30 + len(site.cert.name)} gateway.tls.key: does not belong to the certificate"
    ]
    (tmp_path / "text").write_text("hello")
    assert "is not a PEM file" in problems(f"gateway: {{tls: {{cert: text, key: {site.key.name}}}}}")[0]
    assert "gateway.tls.client_ca: is not a PEM file with a block of" in problems(section(site, ", client_ca: text"))[0]
    assert "gateway.tls.client_auth: needs client_ca" in problems(section(site, ", client_auth: required"))[0]
    assert "has no meaning" in problems(section(site, f", client_auth: none, client_ca: {ca}"))[0]
    assert "min_version" in problems(section(site, ", min_version: 1.1"))[0]


def test_an_encrypted_key_is_told_not_asked_about(problems: Problems, site: Pair) -> None:
    key = serialization.load_pem_private_key(site.key.read_bytes(), None)
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    site.key.write_bytes(key.private_bytes(*form, serialization.BestAvailableEncryption(b"secret")))
    assert "gateway.tls.key: is encrypted" in problems(section(site))[0]


# Services with https:// URLs.


def outside(more: str, url: str = "https://web.example") -> str:
    return f"services: {{web: {{url: {url}, tls: {{{more}}}}}}}"


def test_how_a_service_is_believed(load: Load, site: Pair, ca: str, tmp_path: Path) -> None:
    (plain,) = load("services: {web: {url: https://web.example}}").project.services
    assert plain.traffic.tls == UpstreamTls()
    text = outside(f"ca: {ca}, cert: {site.cert.name}, key: {site.key.name}, server_name: a.example")
    project = load(text).project
    assert project.services[0].traffic.tls == UpstreamTls(
        str(tmp_path / ca), str(site.cert), str(site.key), "a.example"
    )
    assert load(render(project, "yaml", show_secrets=True)).project.services == project.services
    assert not load(outside("verify: false")).project.services[0].traffic.tls.verify


def test_mistakes_about_services(problems: Problems, site: Pair, ca: str) -> None:
    assert "has no meaning without an https:// url" in problems(outside(f"ca: {ca}", "http://web.example"))[0]
    assert "has no meaning without" in problems(f"services: {{web: {{command: x, tls: {{ca: {ca}}}}}}}")[0]
    assert "services.web.tls.cert: needs a key" in problems(outside(f"cert: {site.cert.name}"))[0]
    assert "has no meaning with verify: false" in problems(outside(f"ca: {ca}, verify: false"))[0]
    assert "services.web.tls.ca: cannot be read" in problems(outside("ca: nowhere.pem"))[0]
