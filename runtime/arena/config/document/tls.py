"""TLS of the listener."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from arena.config.document.base import Flag, Name, Section


def _version(value: object) -> object:
    """1.2 without quotation marks is a number to YAML."""
    return str(value) if isinstance(value, float) else value


Version = Annotated[Literal["1.2", "1.3"], BeforeValidator(_version)]


class KeyPairSection(Section):
    """A certificate and its private key."""

    cert: Name = Field(description="A PEM file: the certificate, and the chain behind it.")
    key: Name = Field(description="A PEM file: its private key, not encrypted.")


class ListenerTlsSection(Section):
    """HTTPS. Files are read by the gateway, and again when they change."""

    cert: Name = Field(description="A PEM file: the certificate, and the chain behind it.")
    key: Name = Field(description="A PEM file: its private key, not encrypted.")
    certificates: list[KeyPairSection] = Field(
        default=[], description="Further certificates, for clients that ask for a name they cover (SNI)."
    )
    min_version: Version = Field(default="1.2", description="The oldest version of TLS that is spoken.")
    client_ca: Name | None = Field(
        default=None, description="A PEM file: the authorities whose client certificates are believed (mTLS)."
    )
    client_auth: Literal["none", "optional", "required"] | None = Field(
        default=None,
        description="Whether clients must show a certificate. Default: required with `client_ca`, none without.",
    )


class UpstreamTlsSection(Section):
    """How a service with an https:// URL is believed, and what it is shown. Files are read again when they change."""

    ca: Name | None = Field(
        default=None, description="A PEM file: the authorities that may vouch for it. Default: the system's."
    )
    cert: Name | None = Field(default=None, description="A PEM file: the certificate the gateway shows (mTLS).")
    key: Name | None = Field(default=None, description="A PEM file: its private key, not encrypted.")
    server_name: Name | None = Field(
        default=None, description="The name its certificate must be for, and asked for by SNI. Default: the URL's."
    )
    verify: Flag = Field(default=True, description="False: believe anybody who answers there. For experiments.")
