"""gateway.certificate: a verified client certificate as facts and as a header."""

from __future__ import annotations

from arena.gateway.connection.certificate import ClientCertificate

FACTS = {
    "subject": (
        (("countryName", "DE"),),
        (("organizationName", "Ops, Inc"),),
        (("organizationName", "admin"),),
        (("commonName", "ana"),),
    ),
    "subjectAltName": (("DNS", "ana.example"), ("URI", "spiffe://example/ana"), ("email", "ana@example")),
}


def test_facts_of_a_certificate() -> None:
    read = ClientCertificate.read(FACTS, b"der")
    assert (read.common_name, read.organizations) == ("ana", ("Ops, Inc", "admin"))
    assert (read.uris, read.dns) == (("spiffe://example/ana",), ("ana.example",))
    assert read.subject == "CN=ana,O=admin,O=Ops\\, Inc,C=DE"
    assert len(read.fingerprint) == 64


def test_its_bearer_is_a_caller_with_organizations_as_roles() -> None:
    times = {"notBefore": "Jan  5 09:34:43 2018 GMT", "notAfter": "Jan  5 09:34:43 2028 GMT"}
    read = ClientCertificate.read({**FACTS, **times}, b"der").principal
    assert (read.subject, read.roles) == ("cert:ana", {"Ops, Inc", "admin"})
    assert (read.issued_at, read.expires_at) == (1515144883, 1830677683)


def test_the_header_says_what_envoys_does() -> None:
    read = ClientCertificate.read(FACTS, b"der")
    assert read.header.decode() == (
        f'x-forwarded-client-cert: Hash={read.fingerprint};Subject="CN=ana,O=admin,O=Ops\\, Inc,C=DE";'
        "URI=spiffe://example/ana;DNS=ana.example"
    )


def test_nothing_in_a_certificate_can_end_the_line_or_the_value() -> None:
    evil = 'x";Hash=0\r\nx-user: root\0é'
    facts = {"subject": ((("commonName", evil),),), "subjectAltName": (("URI", "a;b,c=d\r\n"), ("DNS", evil))}
    header = ClientCertificate.read(facts, b"der").header.decode("ascii")
    assert header.isprintable()
    assert header.count('"') == 2
    assert header.count("Hash=") == 1 + header.split('"')[1].count("Hash=")
    assert "URI=a%3Bb%2Cc%3Dd%0D%0A" in header


def test_a_certificate_without_a_subject_is_known_by_its_names() -> None:
    read = ClientCertificate.read({"subjectAltName": (("URI", "spiffe://x"),)}, b"der")
    assert (read.subject, read.common_name, read.name) == ("", "", "spiffe://x")
