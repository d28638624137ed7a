from __future__ import annotations

from pathlib import Path

import pytest

from arena.auth.ledger import Ledger
from arena.auth.revocation import Revocation, Revocations
from arena.auth.token import IssuedToken
from arena.errors import UsageError
from arena.model.layout import StateLayout
from arena.model.project import GatewaySettings, Jwks, Jwt, Project
from arena_cli import credential, tokens


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project("demo", str(tmp_path))


@pytest.fixture
def layout(project: Project) -> StateLayout:
    return StateLayout.of(project.directory, project.name)


def states(project: Project) -> list[tuple[str, bool]]:
    return [(each.token.subject, each.state == "revoked") for each in tokens.listing(project)]


def test_one_token(project: Project, layout: StateLayout) -> None:
    first, _ = (credential.issue(project, subject=name, roles=("user",), ttl=60.0) for name in ("ann", "bob"))
    known = tokens.revoke(layout, first.token_id)
    assert known is not None and known.subject == "ann"
    assert states(project) == [("ann", True), ("bob", False)]
    (row,) = Ledger(layout.tokens_revoked, Revocation).read()
    assert row.until is not None and row.until > first.expires_at


def test_a_subject_and_what_it_is_issued_at_once_afterwards(project: Project, layout: StateLayout) -> None:
    for name in ("ann", "ann", "bob"):
        credential.issue(project, subject=name, ttl=60.0)
    assert tokens.revoke_all(project, "ann") == 2
    credential.issue(project, subject="ann", ttl=60.0)
    assert states(project) == [("ann", True), ("ann", True), ("bob", False), ("ann", False)]
    assert tokens.revoke_all(project, "ann") == 1


def test_what_was_not_issued_here_can_be_revoked_and_stays_so(project: Project, layout: StateLayout) -> None:
    assert tokens.revoke(layout, "of-another-issuer", unlisted=True) is None
    assert tokens.revoke_all(project, "of-another-issuer") == 0
    assert [row.until for row in Ledger(layout.tokens_revoked, Revocation).read()] == [None, None]


def test_one_issuers_alone(tmp_path: Path) -> None:
    theirs = Jwt(issuer="https://them", algorithms=(), jwks=Jwks(file=str(tmp_path / "keys.json")))
    project = Project("demo", str(tmp_path), gateway=GatewaySettings(issuers=(Jwt(), theirs)))
    layout = StateLayout.of(project.directory, project.name)
    issued = credential.issue(project, subject="ann", ttl=60.0)
    assert tokens.revoke_all(project, "ann", of=theirs) == 0
    assert tokens.revoke(layout, issued.token_id, of=theirs) is None, "it is no token of theirs"
    assert states(project) == [("ann", False)]
    assert [row.until for row in Ledger(layout.tokens_revoked, Revocation).read()] == [None, None]
    assert tokens.revoke_all(project, "ann", of=tokens.issuer(project, "arena")) == 1
    assert states(project) == [("ann", True)]
    with pytest.raises(UsageError, match="no tokens of 'nobody' are accepted here"):
        tokens.issuer(project, "nobody")
    with pytest.raises(UsageError, match="nothing is revoked"):
        tokens.revoke(layout, "slip", of=tokens.issuer(project, "arena"))


def test_expired_tokens_leave_the_list(project: Project, layout: StateLayout) -> None:
    old = IssuedToken("id", "old", (), (), 1, 2)
    Ledger(layout.tokens_issued, IssuedToken).update(lambda _: [old])
    assert tokens.listing(project) == ()
    credential.issue(project, subject="new", ttl=60.0)
    assert [row.subject for row in Ledger(layout.tokens_issued, IssuedToken).read()] == ["new"]


def test_the_token_itself_is_nowhere_on_disk(project: Project, layout: StateLayout) -> None:
    signature = credential.issue(project, subject="ann", ttl=60.0).token.rpartition(".")[2].encode()
    assert layout.tokens_issued.stat().st_mode & 0o777 == 0o600
    assert not any(signature in path.read_bytes() for path in layout.root.rglob("*") if path.is_file())


@pytest.mark.parametrize("word", ["", "a\nb", "x" * 257])
def test_what_can_be_no_name(project: Project, layout: StateLayout, word: str) -> None:
    with pytest.raises(UsageError):
        tokens.revoke(layout, word, unlisted=True)
    with pytest.raises(UsageError):
        tokens.revoke_all(project, word)
    assert not layout.tokens_revoked.exists()


def test_an_api_key_is_revoked_elsewhere(project: Project) -> None:
    with pytest.raises(UsageError, match="is an API key"):
        tokens.revoke_all(project, "key:partner")


def test_a_clock_that_went_far_back_does_not_hold_up_issuing(project: Project, layout: StateLayout) -> None:
    Ledger(layout.tokens_revoked, Revocation).update(lambda _: [Revocation("subject", "ann", 2**40)])
    issued = credential.issue(project, subject="ann", ttl=60.0)
    assert states(project) == [("ann", True)]
    assert Revocations([]).issued_after(issued.subject) == 0
