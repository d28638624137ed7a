"""Whom to believe, and why: files that come, change and go."""

from __future__ import annotations

import json
import ssl
from pathlib import Path

import pytest

from arena.health.trust import Trust, TrustFile, explain
from arena.model import codec
from arena.model.tls import UpstreamTls
from tests.pki import Authority


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def test_the_system_is_believed_when_nothing_is_said() -> None:
    one = Trust(UpstreamTls())
    assert one.context.verify_mode == ssl.CERT_REQUIRED and one.context.check_hostname
    assert one.server_name is None
    assert one.context.minimum_version == ssl.TLSVersion.TLSv1_2


def test_files_are_read_again_when_they_change(authority: Authority, tmp_path: Path) -> None:
    one = Trust(UpstreamTls(ca=str(authority.cert)))
    before = one.context
    assert one.context is before
    Authority(tmp_path, "next").cert.replace(authority.cert)
    assert one.context is not before
    before = one.context
    authority.cert.write_text("nonsense")
    assert one.context is before, "the last good ones stay in force"


def test_files_that_never_could_be_used_are_an_error(authority: Authority, tmp_path: Path) -> None:
    pair, other = authority.issue("a"), authority.issue("b")
    with pytest.raises(OSError, match="no such file"):
        assert Trust(UpstreamTls(ca=str(tmp_path / "nowhere"))).context
    with pytest.raises(OSError, match="the key does not belong to the certificate"):
        assert Trust(UpstreamTls(cert=str(pair.cert), key=str(other.key))).context
    later = Trust(UpstreamTls(ca=str(tmp_path / "later")))
    with pytest.raises(OSError):
        assert later.context
    authority.cert.rename(tmp_path / "later")
    assert later.context


def test_who_believes_anybody_says_so() -> None:
    context = Trust(UpstreamTls(verify=False)).context
    assert context.verify_mode == ssl.CERT_NONE and not context.check_hostname


def test_the_settings_of_services_follow_their_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "trust.json"
    file = TrustFile(path)
    assert file.of("web").settings == UpstreamTls()
    settings = UpstreamTls(server_name="web.example")
    path.write_text(json.dumps({"web": codec.encode(settings)}))
    assert file.of("web").settings == settings
    assert file.of("other").settings == UpstreamTls()
    path.write_text("{")
    assert file.of("web").settings == settings
    assert "cannot be read" in caplog.text
    path.unlink()
    assert file.of("web").settings == UpstreamTls()
    assert TrustFile(None).of("web").settings == UpstreamTls()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (FileNotFoundError(2, "No such file or directory"), "no such file or directory"),
        (ValueError("the key is encrypted"), "the key is encrypted"),
        (ssl.SSLError(1, "odd"), "odd"),
        (ssl.SSLError(1, "[SSL] PEM lib (_ssl.c:3905)"), "one of them is no PEM file, or not a whole one"),
    ],
)
def test_errors_in_words(error: Exception, words: str) -> None:
    assert explain(error) == words
