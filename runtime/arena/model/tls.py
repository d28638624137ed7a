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
