"""`arena token revoke`."""

from __future__ import annotations

from typing import Annotated

import typer

from arena.errors import UsageError
from arena_cli.context import current_context
from arena_cli.render.unit import plural


def revoke(
    word: Annotated[
        str | None,
        typer.Argument(metavar="[JTI]", help="The token's id, as `arena token list` shows it.", show_default=False),
    ] = None,
    *,
    sub: Annotated[
        str | None,
        typer.Option(
            "--sub", metavar="NAME", help="Every token this subject was issued until now.", show_default=False
        ),
    ] = None,
    issuer: Annotated[
        str | None,
        typer.Option(
            "--issuer",
            metavar="NAME",
            help="Only tokens of this issuer, one of gateway.auth.jwt. Default: whoever issued them.",
            show_default=False,
        ),
    ] = None,
    unlisted: Annotated[
        bool, typer.Option("--unlisted", help="The id of a token that was not issued here.", show_default=False)
    ] = False,
) -> None:
    """Take back a token, or all that a subject has.

    A running gateway refuses them within a second. Tokens that the subject is issued afterwards are good.
    """
    from arena_cli import tokens

    context = current_context()
    if (word is None) == (sub is None):
        raise UsageError("name a token by its id, or a subject with --sub", hint="`arena token list` shows both")
    of = None if issuer is None else tokens.issuer(context.project(), issuer)
    theirs = "" if of is None else f" issued by {of.issuer}"
    if sub is not None:
        count = tokens.revoke_all(context.project(), sub, of=of)
        context.note(f"revoked every token of {sub}{theirs}; {plural(count, 'valid one')} on the list")
        return
    known = tokens.revoke(context.layout(), word or "", of=of, unlisted=unlisted)
    context.note(f"revoked {word}, which was not issued here" if known is None else f"revoked {word} ({known.subject})")
