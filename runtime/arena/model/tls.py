"""TLS as arena.yaml asks for it: names of files, never their contents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ClientAuth = Literal["none", "optional", "required"]
TlsVersion = Literal["1.2", "1.3"]


@dataclass(frozen=True, slots=True)
class KeyPair:
    """The absolute paths of a certificate (with its chain) and of its private key, both PEM."""

    cert: str
    key: str


@dataclass(frozen=True, slots=True)
class ListenerTls:
    """How clients are spoken to. Of `pairs` the first is used for names that no certificate covers. `client_ca` is the file of
    the authorities whose client certificates are believed; `client_auth` says whether clients are asked for one, and
    whether they are let in without."""

    pairs: tuple[KeyPair, ...]
    min_version: TlsVersion = "1.2"
    client_ca: str = ""
    client_auth: ClientAuth = "none"


@dataclass(frozen=True, slots=True)
class UpstreamTls:
    """How a service is spoken to that has an https:// URL. `ca` is the file of the authorities that are believed, '' for the
    system's; `cert` and `key` are what we show, '' for nothing; `server_name` is the name its certificate must be for, '' for
    the URL's; without `verify` anybody is believed. Files by absolute path."""

    ca: str = ""
    cert: str = ""
    key: str = ""
    server_name: str = ""
    verify: bool = True
