"""`arena token issue`, `inspect`, `list` and `rotate`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from rich.text import Text

from arena.auth.token import Inspection, Issued
from arena.auth.token_key import Rotation
from arena.model import codec
from arena_cli.render import unit
from arena_cli.render.palette import BAD, FAINT, GOOD, STRONG
from arena_cli.render.table import Align, table
from arena_cli.tokens import ListedToken

_NAMES = {
    "sub": "subject",
    "iss": "issuer",
    "aud": "audience",
    "exp": "expires",
    "iat": "issued",
    "nbf": "not before",
    "jti": "id",
}
_TIMES = ("exp", "iat", "nbf")
_LIST: tuple[tuple[str, Align], ...] = (
    ("ID", "left"),
    ("SUBJECT", "left"),
    ("ROLES", "left"),
    ("KEY", "left"),
    ("STATE", "left"),
    ("ISSUED", "left"),
    ("EXPIRES", "left"),
)


def as_json(value: Issued | Inspection) -> str:
    """One object."""
    return json.dumps(codec.encode(value), indent=2)


def listing_as_json(tokens: Sequence[ListedToken]) -> str:
    """An array of objects."""
    return json.dumps([{**codec.encode(each.token), "state": each.state} for each in tokens], indent=2)


def rotated_as_json(rotation: Rotation) -> str:
    """The ids of the keys, never the keys."""
    former = [{"kid": key.kid, "until": key.until} for key in rotation.former]
    return json.dumps({"kid": rotation.present.kid, "former": former}, indent=2)


def issued(value: Issued) -> Text:
    """A note beside the token: for whom, with which roles, until when."""
    told = f"for {value.subject}"
    if value.roles:
        told += f", role{'s' if len(value.roles) > 1 else ''} {', '.join(value.roles)}"
    if value.scopes:
        told += f", scope{'s' if len(value.scopes) > 1 else ''} {', '.join(value.scopes)}"
    return Text(f"{told}; valid until {unit.moment(value.expires_at)}", FAINT)


def inspection(value: Inspection, now: float) -> Text:
    """The verdict and why, then every claim."""
    good = value.verdict == "verified"
    text = Text.assemble((value.verdict, f"{STRONG} {GOOD if good else BAD}"))
    if value.reason:
        text.append(f": {value.reason}")
    rows = {_NAMES.get(key, key): _claim(key, claim, now) for key, claim in value.claims.items()}
    rows["algorithm"] = _plain(value.header.get("alg", "none"))
    width = max(map(len, rows))
    for name, claim in rows.items():
        text.append(f"\n  {name:<{width}}  ", FAINT).append(claim)
    return text


def listing(tokens: Sequence[ListedToken], now: float) -> Text:
    """One line per token."""
    return table(_LIST, (_row(each, now) for each in tokens))


def rotated(rotation: Rotation, lost: int) -> Text:
    """Which key signs now, until when the former ones are accepted, and how many tokens that cuts short."""
    text = Text(f"tokens are signed with the key {rotation.present.kid} from now on")
    for key in rotation.former:
        text.append(f"\nthe key {key.kid} is accepted until {unit.moment(key.until or 0.0)}", FAINT)
    if not rotation.former:
        text.append("\ntokens of earlier keys are refused", FAINT)
    if lost:
        text.append(f"\n{unit.plural(lost, 'token')} on the list would have been valid for longer", FAINT)
    return text


def _row(each: ListedToken, now: float) -> tuple[Text | str, ...]:
    token = each.token
    state = Text(each.state, GOOD if each.state == "valid" else BAD)
    ends = f"in {unit.uptime(token.expires_at - now)}"
    roles = ", ".join(token.roles) or "-"
    return token.token_id, _plain(token.subject), roles, token.kid, state, unit.ago(token.issued_at, now), ends


def _claim(key: str, value: Any, now: float) -> str:
    if key in _TIMES and isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 2**40:
        if key != "exp":
            return unit.moment(value)
        left = value - now
        return f"{unit.moment(value)} ({'in ' + unit.uptime(left) if left > 0 else unit.uptime(-left) + ' ago'})"
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(map(_plain, value))
    return _plain(value)


def _plain(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if text.isprintable() else json.dumps(value)
